from datetime import timedelta
from typing import Any

import pytest

from kubelore.documents.plan import PlanSummary
from kubelore.documents.result import DocumentCounts
from kubelore.errors import ErrorCode
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_operator.reconcile.ingest_task import reconcile
from kubelore_operator.reconcile.observed import IngestTaskWorld, Job, JobState, Pod, Waiting
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.turns import Turn
from support.builders import NAMESPACE, ingest_task, knowledge_base, llm_server
from support.operator_plans import NOON, context
from support.operator_world import ended_pod, failure, job, message, running_pod

READY = {"conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": NOON}]}
STARTED = {"phase": "PROCESSING", "startedAt": "2026-11-01T11:59:00Z"}
FINISHED = {"phase": "COMPLETED", "startedAt": "2026-11-01T11:59:00Z", "finishedAt": "2026-11-01T12:00:00Z"}
DELETING = {"deletionTimestamp": NOON}


def ready_kb(**fields: Any) -> KnowledgeBase:
    return knowledge_base(status={**READY, "generation": {"active": 1}}, **fields)


def written(plan: Plan) -> IngestTaskStatus:
    assert isinstance(plan.status, IngestTaskStatus)
    return plan.status


def reason_of(plan: Plan, kind: str = "Succeeded") -> str:
    condition = written(plan).condition(kind)
    assert condition is not None
    return condition.reason


def message_of(plan: Plan, kind: str = "Succeeded") -> str:
    condition = written(plan).condition(kind)
    assert condition is not None
    return condition.message


def prefix_task(**fields: Any) -> IngestTask:
    return ingest_task(source={"prefix": {"prefix": "pages/"}}, **fields)


class TestATaskThatWaits:
    def test_for_a_knowledge_base_that_is_not_there_says_so(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(), context())

        assert reason_of(plan) == "KnowledgeBaseNotFound"
        assert "team-a/handbook" in message_of(plan)
        assert written(plan).phase is TaskPhase.PENDING
        assert plan.apply == ()

    def test_for_a_knowledge_base_that_is_not_ready_says_why_it_is_not(self) -> None:
        waiting = {**READY["conditions"][0], "status": "False", "reason": "PrepareFailed"}
        kb = knowledge_base(status={"conditions": [waiting]})

        plan = reconcile(ingest_task(), IngestTaskWorld(kb), context())

        assert reason_of(plan) == "KnowledgeBaseNotReady"
        assert "PrepareFailed" in message_of(plan)

    def test_for_a_knowledge_base_that_is_being_deleted_does_not_start(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(meta=DELETING)), context())

        assert reason_of(plan) == "KnowledgeBaseNotReady"
        assert plan.apply == ()

    def test_while_it_is_suspended_stops_its_job(self) -> None:
        plan = reconcile(ingest_task(suspend=True, status=STARTED), IngestTaskWorld(ready_kb(), job=job()), context())

        assert reason_of(plan) == "Suspended"
        assert plan.delete == (job().key,)
        assert written(plan).phase is TaskPhase.PENDING

    def test_does_not_repeat_a_status_that_is_written(self) -> None:
        first = reconcile(ingest_task(), IngestTaskWorld(), context())
        again = ingest_task(status=written(first).to_manifest())

        assert reconcile(again, IngestTaskWorld(), context(NOON + timedelta(hours=1))).status == again.status


class TestATaskThatHasToWaitForItsTurn:
    def test_says_how_many_are_before_it_and_starts_nothing(self) -> None:
        world = IngestTaskWorld(ready_kb(), turn=Turn(may_start=False, before=12, most=100))

        plan = reconcile(ingest_task(), world, context())

        assert (written(plan).phase, reason_of(plan), plan.apply) == (TaskPhase.PENDING, "Queued", ())
        assert message_of(plan).startswith("12 tasks of namespace team-a start before it")
        assert plan.requeue == pytest.approx(2.2)

    def test_does_not_write_each_change_of_their_number(self) -> None:
        first = reconcile(
            ingest_task(), IngestTaskWorld(ready_kb(), turn=Turn(may_start=False, before=12, most=100)), context()
        )
        told = ingest_task(status=written(first).to_manifest())
        nearer = IngestTaskWorld(ready_kb(), turn=Turn(may_start=False, before=9, most=100))

        assert reconcile(told, nearer, context(seconds_since_status=20)).status is None
        assert "9 tasks" in message_of(reconcile(told, nearer, context(seconds_since_status=40)))

    def test_starts_when_it_is_its_turn(self) -> None:
        world = IngestTaskWorld(ready_kb(), turn=Turn(may_start=True, before=0, most=100))

        assert reconcile(ingest_task(), world, context()).apply

    def test_in_kueues_queue_says_so(self) -> None:
        world = IngestTaskWorld(ready_kb(), job=job(is_suspended=True))

        plan = reconcile(ingest_task(), world, context())

        assert (written(plan).phase, reason_of(plan)) == (TaskPhase.PENDING, "Queued")
        assert "Kueue" in message_of(plan)

    def test_goes_to_kueues_queue_suspended(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(ingest={"queueName": "ingest"})), context())

        assert plan.apply[0]["spec"]["suspend"] is True
        assert plan.apply[0]["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "ingest"


class TestATaskThatCanStart:
    def test_gets_a_job_and_no_status_yet(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb()), context())

        assert [manifest["kind"] for manifest in plan.apply] == ["Job"]
        assert plan.status is None

    def test_gets_the_same_job_every_time(self) -> None:
        world = IngestTaskWorld(ready_kb())

        assert reconcile(ingest_task(), world, context()) == reconcile(
            ingest_task(), world, context(NOON + timedelta(1))
        )

    def test_of_another_uid_gets_another_job(self) -> None:
        world = IngestTaskWorld(ready_kb())
        names = {
            reconcile(ingest_task(meta={"uid": uid}), world, context()).apply[0]["metadata"]["name"] for uid in "ab"
        }

        assert len(names) == 2

    def test_sends_the_key_of_the_embedding_server_by_reference(self) -> None:
        server = llm_server(
            "provider",
            engine="external",
            external={"baseURL": "https://api.example/v1", "apiKeySecretRef": {"name": "provider", "key": "token"}},
            status={**READY, "endpoint": "https://api.example/v1"},
        )
        kb = ready_kb(embedding={"llm_server_ref": {"name": "provider"}})

        plan = reconcile(ingest_task(), IngestTaskWorld(kb, server), context())

        container = plan.apply[0]["spec"]["template"]["spec"]["containers"][0]
        key = {"secretKeyRef": {"name": "provider", "key": "token"}}
        assert {"name": "KUBELORE_EMBEDDING_API_KEY", "valueFrom": key} in container["env"]

    def test_bears_the_previous_key_until_every_pod_of_the_server_knows_the_new_one(self) -> None:
        new, old = ({"name": "keys", "key": key} for key in ("new", "old"))
        keys = {"apiKeySecretRef": new, "previousApiKeySecretRef": old}
        server = llm_server("minilm", status={**READY, "endpoint": "http://minilm/v1"}, **keys)
        kb = ready_kb(embedding={"llm_server_ref": {"name": "minilm"}})

        plan = reconcile(ingest_task(), IngestTaskWorld(kb, server), context())

        container = plan.apply[0]["spec"]["template"]["spec"]["containers"][0]
        key = {"secretKeyRef": old}
        assert {"name": "KUBELORE_EMBEDDING_API_KEY", "valueFrom": key} in container["env"]

    def test_waits_when_the_embedding_server_has_just_gone(self) -> None:
        kb = ready_kb(embedding={"llm_server_ref": {"name": "provider"}})

        plan = reconcile(ingest_task(), IngestTaskWorld(kb), context())

        assert reason_of(plan) == "LLMServerNotFound"
        assert plan.apply == ()

    def test_says_why_the_api_server_would_not_take_its_job(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb()), context(refusal="exceeded quota"))

        assert reason_of(plan) == "Refused"
        assert message_of(plan) == "exceeded quota"


PLANNED = {"plan": {"shards": 12, "documents": 2400}}
PLAN = PlanSummary(shards=12, documents=2400)


def plan_job(*pods: Pod, **fields: Any) -> Job:
    return job(*pods, key=ResourceKey("Job", NAMESPACE, "pages-plan-0123456789"), operation="plan", **fields)


class TestATaskOverAPrefix:
    def test_has_its_documents_shared_out_first(self) -> None:
        plan = reconcile(prefix_task(parallelism=7), IngestTaskWorld(ready_kb()), context())

        (planner,) = plan.apply
        assert planner["metadata"]["labels"]["kubelore.io/operation"] == "plan"
        assert "completionMode" not in planner["spec"]
        assert "serviceAccountName" not in planner["spec"]["template"]["spec"]

    def test_says_that_its_documents_are_being_listed(self) -> None:
        world = IngestTaskWorld(ready_kb(), plan_job=plan_job(running_pod()))

        plan = reconcile(prefix_task(), world, context())

        assert (written(plan).phase, reason_of(plan), plan.apply) == (TaskPhase.PENDING, "Planning", ())

    @pytest.mark.parametrize(("parallelism", "at_once"), [(7, 7), (50, 12)])
    def test_gets_a_worker_a_shard_and_so_many_at_once(self, parallelism: int, at_once: int) -> None:
        done = plan_job(ended_pod(message(plan=PLAN)), state=JobState.COMPLETE)

        plan = reconcile(prefix_task(parallelism=parallelism), IngestTaskWorld(ready_kb(), plan_job=done), context())

        spec = plan.apply[0]["spec"]
        assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 12, at_once)
        assert written(plan).plan == PLAN

    def test_works_by_its_plan_after_its_planner_has_gone(self) -> None:
        plan = reconcile(prefix_task(status=PLANNED), IngestTaskWorld(ready_kb()), context())

        assert [manifest["spec"]["completions"] for manifest in plan.apply] == [12]

    def test_is_complete_when_there_are_no_documents(self) -> None:
        done = plan_job(ended_pod(message(plan=PlanSummary())), state=JobState.COMPLETE)

        plan = reconcile(prefix_task(), IngestTaskWorld(ready_kb(), plan_job=done), context())

        assert (written(plan).phase, written(plan).progress, plan.apply) == (TaskPhase.COMPLETED, "0/0", ())

    def test_fails_in_the_words_of_a_planner_that_failed(self) -> None:
        away = failure(ErrorCode.OBJECT_STORE_REFUSED, "bucket")
        failed = plan_job(ended_pod(message(failures=(away,)), exit_code=1), state=JobState.FAILED)

        plan = reconcile(prefix_task(), IngestTaskWorld(ready_kb(), plan_job=failed), context())

        assert written(plan).phase is TaskPhase.FAILED
        assert message_of(plan, "Failed") == away.message

    def test_asks_again_when_the_planners_report_is_lost(self) -> None:
        lost = plan_job(state=JobState.COMPLETE)

        assert reconcile(prefix_task(), IngestTaskWorld(ready_kb(), plan_job=lost), context()) == Plan(requeue=1)
        later = reconcile(
            prefix_task(), IngestTaskWorld(ready_kb(), plan_job=lost), context(NOON + timedelta(seconds=6))
        )
        assert later.delete == (lost.key,)

    def test_counts_all_its_documents_before_every_worker_has_begun(self) -> None:
        shards = {"0": {"documents": {"total": 200, "succeeded": 2}}}
        task = prefix_task(status={**STARTED, **PLANNED, "shards": shards})

        plan = reconcile(task, IngestTaskWorld(ready_kb(), job=job(running_pod(), completions=12)), context())

        assert written(plan).progress == "2/2400"

    def test_stops_its_planner_too_while_it_is_suspended(self) -> None:
        world = IngestTaskWorld(ready_kb(), plan_job=plan_job(running_pod()))

        assert reconcile(prefix_task(suspend=True), world, context()).delete == (plan_job().key,)


class TestATaskThatRuns:
    def test_is_processing_when_its_pod_runs(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=job(running_pod())), context())

        assert written(plan).phase is TaskPhase.PROCESSING
        assert written(plan).started_at == "2026-11-01T12:00:00Z"
        assert reason_of(plan) == "Running"
        assert plan.apply == ()

    def test_counts_its_only_document_from_the_start(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=job(running_pod())), context())

        assert written(plan).progress == "0/1"

    def test_leaves_it_to_the_end_of_its_job_to_tell_that_all_pods_ended(self) -> None:
        world = IngestTaskWorld(ready_kb(), job=job(ended_pod(message(1))))

        assert reconcile(ingest_task(status=STARTED), world, context()) == Plan()

    def test_sums_what_its_workers_report(self) -> None:
        shards = {
            "0": {"stage": "VECTORIZING", "documents": {"total": 5, "succeeded": 2}, "chunks": 9},
            "1": {"documents": {"total": 3}},
        }
        task = prefix_task(status={**STARTED, "shards": shards})
        pods = (running_pod(0), running_pod(1))

        plan = reconcile(task, IngestTaskWorld(ready_kb(), job=job(*pods)), context())

        assert written(plan).progress == "2/8"
        assert written(plan).phase is TaskPhase.VECTORIZING

    def test_reports_progress_at_most_every_five_seconds(self) -> None:
        task = prefix_task(status={**STARTED, "shards": {"0": {"documents": {"total": 5, "succeeded": 2}}}})
        world = IngestTaskWorld(ready_kb(), job=job(running_pod()))

        plan = reconcile(task, world, context(seconds_since_status=2))

        assert plan.status is None
        assert plan.requeue == 3

    def test_starts_to_be_processed_at_once_whenever_it_was_written_last(self) -> None:
        world = IngestTaskWorld(ready_kb(), job=job(running_pod()))

        assert written(reconcile(ingest_task(), world, context(seconds_since_status=0.1))).phase is TaskPhase.PROCESSING

    def test_writes_nothing_when_nothing_but_chunks_grew(self) -> None:
        shards = {"0": {"stage": "VECTORIZING", "documents": {"total": 1}, "chunks": 4}}
        world = IngestTaskWorld(ready_kb(), job=job(running_pod()))
        first = written(reconcile(ingest_task(status={"shards": shards}), world, context()))
        shards["0"]["chunks"] = 8
        later = ingest_task(status={**first.to_manifest(), "shards": shards})

        assert reconcile(later, world, context()) == Plan()

    def test_says_that_no_node_has_room(self) -> None:
        pod = Pod("pages-0", "Pending", unschedulable="0/2 nodes are available: 2 Insufficient memory.")

        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=job(pod)), context())

        assert reason_of(plan) == "Unschedulable"
        assert "Insufficient memory" in message_of(plan)
        assert written(plan).phase is TaskPhase.PENDING

    def test_says_which_secret_its_pod_misses(self) -> None:
        missing = Waiting("ingest", "CreateContainerConfigError", 'secret "kubelore-storage" not found')
        world = IngestTaskWorld(ready_kb(), job=job(Pod("pages-0", "Pending", waiting=missing)))

        assert 'secret "kubelore-storage" not found' in message_of(reconcile(ingest_task(), world, context()))

    def test_says_when_its_job_gets_no_pod(self) -> None:
        world = IngestTaskWorld(ready_kb(), job=job(created_at=NOON - timedelta(seconds=61)))

        assert "kubectl describe job" in message_of(reconcile(ingest_task(), world, context()))

    def test_looks_again_while_its_job_may_yet_get_a_pod(self) -> None:
        world = IngestTaskWorld(ready_kb(), job=job(created_at=NOON - timedelta(seconds=20)))

        assert reconcile(ingest_task(), world, context()) == Plan(requeue=40)

    def test_says_why_its_last_attempt_has_to_be_made_again(self) -> None:
        unreachable = failure(ErrorCode.VECTOR_STORE_UNREACHABLE)
        pod = ended_pod(message(failures=(unreachable,)), exit_code=1)
        task = ingest_task(status=STARTED)

        plan = reconcile(task, IngestTaskWorld(ready_kb(), job=job(pod)), context())

        assert "the vector store does not answer" in message_of(plan)
        assert "tried again" in message_of(plan)

    def test_goes_on_although_its_knowledge_base_is_not_ready_any_more(self) -> None:
        plan = reconcile(ingest_task(), IngestTaskWorld(knowledge_base(), job=job(running_pod())), context())

        assert written(plan).phase is TaskPhase.PROCESSING

    def test_is_stopped_when_its_knowledge_base_goes_with_its_data(self) -> None:
        kb = ready_kb(meta=DELETING, deletion_policy="Delete")

        plan = reconcile(ingest_task(status=STARTED), IngestTaskWorld(kb, job=job(running_pod())), context())

        assert reason_of(plan, "Failed") == "KnowledgeBaseDeleted"
        assert plan.delete == (job().key,)

    def test_goes_on_when_its_knowledge_base_goes_without_its_data(self) -> None:
        kb = ready_kb(meta=DELETING)

        plan = reconcile(ingest_task(), IngestTaskWorld(kb, job=job(running_pod())), context())

        assert written(plan).phase is TaskPhase.PROCESSING

    def test_waits_for_a_job_that_is_being_deleted(self) -> None:
        world = IngestTaskWorld(ready_kb(), job=job(running_pod(), is_deleting=True))

        assert reconcile(ingest_task(status=STARTED), world, context()) == Plan()

    def test_gets_its_job_again_when_someone_deleted_it(self) -> None:
        plan = reconcile(ingest_task(status=STARTED), IngestTaskWorld(ready_kb()), context())

        assert [manifest["kind"] for manifest in plan.apply] == ["Job"]


class TestATaskWhoseJobIsComplete:
    def test_is_completed_with_the_counts_of_its_worker(self) -> None:
        done = job(ended_pod(message(1, chunks=7)), state=JobState.COMPLETE)

        plan = reconcile(ingest_task(status=STARTED), IngestTaskWorld(ready_kb(), job=done), context())

        status = written(plan)
        assert status.phase is TaskPhase.COMPLETED
        assert status.documents == DocumentCounts(total=1, succeeded=1)
        assert (status.chunks, status.progress) == (7, "1/1")
        assert (status.started_at, status.finished_at) == ("2026-11-01T11:59:00Z", "2026-11-01T12:00:00Z")
        assert status.is_true("Succeeded")
        assert not status.is_true("Failed")

    def test_is_written_at_once_whenever_it_was_written_last(self) -> None:
        done = job(ended_pod(message(1)), state=JobState.COMPLETE)

        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=done), context(seconds_since_status=0.1))

        assert written(plan).phase is TaskPhase.COMPLETED

    def test_sums_its_shards_and_keeps_their_failures(self) -> None:
        pods = (
            ended_pod(message(3, chunks=9)),
            ended_pod(message(1, failed=1, chunks=2, failures=(failure(),)), shard=1),
        )
        done = job(*pods, state=JobState.COMPLETE)

        plan = reconcile(prefix_task(), IngestTaskWorld(ready_kb(), job=done), context())

        status = written(plan)
        assert status.progress == "5/5"
        assert status.failures == (failure(),)
        assert status.phase is TaskPhase.COMPLETED
        assert reason_of(plan) == "CompletedWithFailures"

    def test_has_failed_when_none_of_its_documents_came_in(self) -> None:
        done = job(ended_pod(message(failed=2, failures=(failure(),))), state=JobState.COMPLETE)

        plan = reconcile(prefix_task(), IngestTaskWorld(ready_kb(), job=done), context())

        assert written(plan).phase is TaskPhase.FAILED
        assert reason_of(plan, "Failed") == "DocumentFailed"
        assert "none of 2 documents came in" in message_of(plan)

    def test_is_completed_when_all_was_there_already(self) -> None:
        done = job(ended_pod(message(skipped=4)), state=JobState.COMPLETE)

        plan = reconcile(prefix_task(), IngestTaskWorld(ready_kb(), job=done), context())

        assert written(plan).phase is TaskPhase.COMPLETED

    def test_waits_a_moment_for_a_pod_that_is_not_seen_to_end_yet(self) -> None:
        done = job(running_pod(), state=JobState.COMPLETE)

        assert reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=done), context()) == Plan(requeue=1)

    def test_falls_back_on_its_workers_progress_when_the_pods_are_gone(self) -> None:
        shards = {"0": {"stage": "VECTORIZING", "documents": {"total": 1, "succeeded": 1}, "chunks": 3}}
        done = job(state=JobState.COMPLETE, finished_at=NOON - timedelta(seconds=30))

        plan = reconcile(
            ingest_task(status={**STARTED, "shards": shards}), IngestTaskWorld(ready_kb(), job=done), context()
        )

        assert written(plan).phase is TaskPhase.COMPLETED
        assert written(plan).chunks == 3

    def test_counts_a_retried_shard_by_the_attempt_that_succeeded(self) -> None:
        unreachable = message(failures=(failure(ErrorCode.EMBEDDER_UNREACHABLE),))
        another = ended_pod(unreachable, exit_code=1, at=NOON + timedelta(seconds=1))
        done = job(ended_pod(message(1)), another, state=JobState.COMPLETE)

        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=done), context())

        assert written(plan).failures == ()
        assert written(plan).phase is TaskPhase.COMPLETED


class TestATaskWhoseJobHasFailed:
    def test_has_failed_in_the_words_of_its_worker(self) -> None:
        bad = job(
            ended_pod(message(failed=1, failures=(failure(),)), exit_code=42),
            state=JobState.FAILED,
            reason="PodFailurePolicy",
        )

        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=bad), context())

        assert written(plan).phase is TaskPhase.FAILED
        assert written(plan).failures == (failure(),)
        assert written(plan).progress == "1/1"
        assert reason_of(plan, "Failed") == "DocumentFailed"
        assert message_of(plan, "Failed") == failure().message

    @pytest.mark.parametrize(
        ("pod_reason", "job_reason", "code"),
        [
            ("OOMKilled", "BackoffLimitExceeded", ErrorCode.JOB_OUT_OF_MEMORY),
            ("Error", "BackoffLimitExceeded", ErrorCode.JOB_DIED),
            ("Error", "DeadlineExceeded", ErrorCode.JOB_DEADLINE_EXCEEDED),
        ],
    )
    def test_says_what_silenced_its_worker(self, pod_reason: str, job_reason: str, code: ErrorCode) -> None:
        dead = job(ended_pod(exit_code=137, reason=pod_reason), state=JobState.FAILED, reason=job_reason)

        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=dead), context())

        (found,) = written(plan).failures
        assert found.code is code
        assert found.document == "pages/first.md"
        assert written(plan).documents == DocumentCounts(total=1, failed=1)

    def test_says_that_it_took_too_long_when_its_pods_were_removed(self) -> None:
        late = job(state=JobState.FAILED, reason="DeadlineExceeded", finished_at=NOON - timedelta(seconds=6))

        plan = reconcile(ingest_task(), IngestTaskWorld(ready_kb(), job=late), context())

        assert reason_of(plan, "Failed") == "DeadlineExceeded"
        assert "activeDeadlineSeconds" in message_of(plan, "Failed")

    def test_over_a_prefix_keeps_the_counts_of_the_shards_that_ended(self) -> None:
        pods = (ended_pod(message(3, chunks=9)), ended_pod(exit_code=137, reason="OOMKilled", shard=1))
        dead = job(*pods, state=JobState.FAILED, reason="FailedIndexes")
        task = prefix_task(status={**STARTED, "shards": {"1": {"documents": {"total": 3, "succeeded": 1}}}})

        plan = reconcile(task, IngestTaskWorld(ready_kb(), job=dead), context())

        assert written(plan).documents == DocumentCounts(total=6, succeeded=4)
        assert written(plan).failures[0].code is ErrorCode.JOB_OUT_OF_MEMORY
        assert reason_of(plan, "Failed") == "JobFailed"


class TestATaskThatIsFinished:
    @pytest.mark.parametrize(
        "world", [IngestTaskWorld(ready_kb()), IngestTaskWorld(), IngestTaskWorld(ready_kb(), job=job())]
    )
    def test_never_starts_again(self, world: IngestTaskWorld) -> None:
        assert reconcile(ingest_task(status=FINISHED), world, context()) == Plan()

    def test_stays_until_its_time_is_over(self) -> None:
        task = ingest_task(status=FINISHED, ttl_seconds_after_finished=60)

        plan = reconcile(task, IngestTaskWorld(), context(NOON + timedelta(seconds=20)))

        assert plan == Plan(requeue=40)

    def test_goes_when_its_time_is_over(self) -> None:
        task = ingest_task(status=FINISHED, ttl_seconds_after_finished=60)

        plan = reconcile(task, IngestTaskWorld(), context(NOON + timedelta(seconds=60)))

        assert plan == Plan(delete_resource=True)

    def test_that_was_never_read_is_told_by_what_its_workers_wrote(self) -> None:
        shards = {str(shard): {"documents": {"total": 2, "succeeded": 2}, "chunks": 5} for shard in range(2)}
        planned = {"plan": {"shards": 2, "documents": 4}}
        task = prefix_task(status={**STARTED, **planned, "shards": shards})

        plan = reconcile(task, IngestTaskWorld(ready_kb()), context())

        assert written(plan).phase is TaskPhase.COMPLETED
        assert (written(plan).progress, written(plan).chunks) == ("4/4", 10)
        assert plan.apply == ()

    def test_but_one_whose_shards_are_not_all_done_gets_its_job_again(self) -> None:
        planned = {"plan": {"shards": 2, "documents": 4}}
        shards = {"0": {"documents": {"total": 2, "succeeded": 2}}}
        task = prefix_task(status={**STARTED, **planned, "shards": shards})

        assert reconcile(task, IngestTaskWorld(ready_kb()), context()).apply

    def test_is_left_alone_while_it_is_being_deleted(self) -> None:
        assert reconcile(ingest_task(meta=DELETING), IngestTaskWorld(ready_kb()), context()) == Plan()
