from datetime import timedelta
from typing import Any

from kubelore.documents.sync import SyncReport
from kubelore.errors import ErrorCode
from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.knowledge_base import reconcile
from kubelore_operator.reconcile.observed import Job, JobState, KnowledgeBaseWorld, Pod
from kubelore_operator.reconcile.plan import Plan
from support.builders import NAMESPACE, knowledge_base
from support.operator_plans import NOON, context
from support.operator_world import ended_pod, failure, job, message

SYNC = {"prefix": "wiki/", "schedule": "0 3 * * *"}
CRON_JOB = ResourceKey("CronJob", NAMESPACE, "handbook-sync-0123456789")
REPORT = SyncReport(finished_at="2026-11-01T12:00:00Z", added=2, unchanged=5)


def kept_in_step(**fields: Any) -> KnowledgeBase:
    status = {"generation": {"active": 1}, **fields.pop("status", {})}
    return knowledge_base(**{"sync": SYNC, "status": status, **fields})


def run(*pods: Pod, **fields: Any) -> Job:
    return job(*pods, operation="sync", **fields)


def reported(report: SyncReport) -> Job:
    return run(ended_pod(message(sync=report)), state=JobState.COMPLETE)


def synced(plan: Plan) -> tuple[str, str, str]:
    assert isinstance(plan.status, KnowledgeBaseStatus)
    condition = plan.status.condition("Synced")
    assert condition is not None
    return condition.status, condition.reason, condition.message


def test_a_prefix_is_synced_by_a_cron_job() -> None:
    plan = reconcile(kept_in_step(), KnowledgeBaseWorld(), context())

    (manifest,) = plan.apply
    assert (manifest["kind"], manifest["spec"]["schedule"]) == ("CronJob", "0 3 * * *")
    assert manifest["spec"]["concurrencyPolicy"] == "Forbid"
    assert manifest["spec"]["jobTemplate"]["metadata"]["labels"]["kubelore.io/operation"] == "sync"
    assert synced(plan)[:2] == ("Unknown", "SyncPending")


def test_a_knowledge_base_without_a_sync_has_no_cron_job_any_more() -> None:
    plan = reconcile(kept_in_step(sync=None), KnowledgeBaseWorld(cron_jobs=(CRON_JOB,)), context())

    assert (plan.apply, plan.delete) == ((), (CRON_JOB,))
    assert isinstance(plan.status, KnowledgeBaseStatus)
    assert plan.status.condition("Synced") is None


def test_the_status_shows_what_the_last_run_came_to() -> None:
    plan = reconcile(kept_in_step(), KnowledgeBaseWorld(jobs=(reported(REPORT),)), context())

    assert isinstance(plan.status, KnowledgeBaseStatus)
    assert plan.status.sync == REPORT
    assert synced(plan)[:2] == ("True", "InStep")
    assert "2 added" in synced(plan)[2]


def test_an_older_report_does_not_take_a_later_ones_place() -> None:
    later = REPORT.model_copy(update={"finished_at": "2026-11-01T13:00:00Z"})
    kb = kept_in_step(status={"sync": later.model_dump(by_alias=True)})

    plan = reconcile(kb, KnowledgeBaseWorld(jobs=(reported(REPORT),)), context())

    assert isinstance(plan.status, KnowledgeBaseStatus)
    assert plan.status.sync == later


def test_refused_deletions_are_told_of() -> None:
    refused = REPORT.model_copy(update={"refusal": "the sources of 9 of 10 documents are gone"})

    plan = reconcile(kept_in_step(), KnowledgeBaseWorld(jobs=(reported(refused),)), context())

    assert synced(plan) == ("False", "DeletionsRefused", refused.refusal)


def test_a_run_that_failed_says_why() -> None:
    away = failure(ErrorCode.OBJECT_STORE_UNREACHABLE, "bucket")
    good = reported(REPORT)
    bad = run(
        ended_pod(message(failures=(away,)), exit_code=1),
        state=JobState.FAILED,
        created_at=NOON + timedelta(hours=1),
    )

    plan = reconcile(kept_in_step(), KnowledgeBaseWorld(jobs=(good, bad)), context())

    assert synced(plan)[:2] == ("False", "SyncFailed")
    assert away.message in synced(plan)[2]


def test_a_knowledge_base_that_goes_is_not_synced_while_it_is_emptied() -> None:
    going = {"deletionTimestamp": NOON, "finalizers": ["kubelore.io/cleanup"]}
    kb = kept_in_step(deletion_policy="Delete", meta=going)

    plan = reconcile(kb, KnowledgeBaseWorld(cron_jobs=(CRON_JOB,)), context())

    assert (plan.delete, plan.apply, plan.finalizer) == ((CRON_JOB,), (), None)
