from datetime import timedelta
from typing import Any

import pytest

from kubelore.documents.result import KnowledgeBaseTotals
from kubelore.errors import ErrorCode
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.generations import prepared
from kubelore_operator.reconcile.knowledge_base import reconcile
from kubelore_operator.reconcile.observed import Ended, Job, JobState, KnowledgeBaseWorld, Pod
from kubelore_operator.reconcile.plan import Plan
from support.builders import knowledge_base, llm_server
from support.operator_plans import NOON, context
from support.operator_world import ended_pod, failure, job, message, running_pod

PREPARED = message(collection="kb_handbook", dimension=384, abilities=("bm25", "hybrid"))
SERVED = {"embedding": {"llm_server_ref": {"name": "embedder"}}}
EMPTY = KnowledgeBaseWorld()


def written(plan: Plan) -> KnowledgeBaseStatus:
    assert isinstance(plan.status, KnowledgeBaseStatus)
    return plan.status


def condition_of(plan: Plan, kind: str = "Ready") -> tuple[str, str, str]:
    condition = written(plan).condition(kind)
    assert condition is not None
    return condition.status, condition.reason, condition.message


def first_prepare(kb: KnowledgeBase, world: KnowledgeBaseWorld = EMPTY) -> dict[str, Any]:
    (manifest,) = reconcile(kb, world, context()).apply
    return manifest


def prepare_job(kb: KnowledgeBase, *pods: Pod, state: JobState = JobState.RUNNING, **fields: Any) -> Job:
    labels = first_prepare(kb)["metadata"]["labels"]
    return job(
        *pods, state=state, operation="prepare", input_hash=labels["kubelore.io/input"], **{"attempt": 1, **fields}
    )


def ready_kb(**fields: Any) -> KnowledgeBase:
    kb = knowledge_base(**fields)
    done = prepare_job(kb, ended_pod(PREPARED), state=JobState.COMPLETE)
    status = written(reconcile(kb, KnowledgeBaseWorld(jobs=(done,)), context()))
    return kb.model_copy(update={"status": status})


def end(text: str, seconds: int = 0, exit_code: int = 0) -> Ended:
    return Ended(exit_code, "Completed", text, NOON + timedelta(seconds=seconds))


def counted(documents: int, chunks: int) -> str:
    return message(totals=KnowledgeBaseTotals(documents=documents, chunks=chunks)).to_json()


class TestAKnowledgeBaseThatIsNew:
    def test_holds_back_its_deletion_and_has_its_collection_made(self) -> None:
        plan = reconcile(knowledge_base(), EMPTY, context())

        assert plan.finalizer is True
        assert [manifest["kind"] for manifest in plan.apply] == ["Job"]
        assert condition_of(plan)[:2] == ("False", "PreparingCollection")

    def test_waits_for_a_model_server_that_is_not_there(self) -> None:
        plan = reconcile(knowledge_base(**SERVED), EMPTY, context())

        assert condition_of(plan)[:2] == ("False", "LLMServerNotFound")
        assert "team-a/embedder" in condition_of(plan)[2]
        assert plan.apply == ()
        assert plan.finalizer is True

    def test_waits_for_a_model_server_that_is_not_ready(self) -> None:
        plan = reconcile(knowledge_base(**SERVED), KnowledgeBaseWorld(llm_server=llm_server()), context())

        assert condition_of(plan)[:2] == ("False", "LLMServerNotReady")

    def test_does_not_take_a_model_server_that_embeds_nothing(self) -> None:
        server = llm_server(engine="ollama", serves=["chat"])

        plan = reconcile(knowledge_base(**SERVED), KnowledgeBaseWorld(llm_server=server), context())

        assert condition_of(plan)[:2] == ("False", "LLMServerUnsuitable")

    def test_says_why_the_api_server_would_not_take_its_job(self) -> None:
        plan = reconcile(knowledge_base(), EMPTY, context(refusal="exceeded quota"))

        assert condition_of(plan) == ("False", "Refused", "exceeded quota")

    def test_leaves_its_job_alone_while_it_runs(self) -> None:
        kb = knowledge_base()

        plan = reconcile(kb, KnowledgeBaseWorld(jobs=(prepare_job(kb, running_pod()),)), context())

        assert (plan.apply, plan.delete) == ((), ())
        assert condition_of(plan)[1] == "PreparingCollection"

    def test_starts_over_when_its_settings_change_before_it_is_ready(self) -> None:
        outdated = prepare_job(knowledge_base(), running_pod())
        changed = knowledge_base(chunking={"size": 256})

        plan = reconcile(changed, KnowledgeBaseWorld(jobs=(outdated,)), context())

        assert len(plan.apply) == 1
        assert plan.delete == (outdated.key,)


class TestAKnowledgeBaseWhoseCollectionIsMade:
    def test_is_ready_with_what_its_worker_learnt(self) -> None:
        status = ready_kb().status

        assert status.is_true("Ready")
        assert (status.collection, status.dimension, status.generation.active) == ("kb_handbook", 384, 1)

    def test_shows_what_its_vector_store_can_do(self) -> None:
        condition = ready_kb().status.condition("StorageReachable")

        assert condition is not None
        assert "bm25, hybrid" in condition.message

    def test_stays_as_it_is(self) -> None:
        kb = ready_kb()

        assert reconcile(kb, EMPTY, context(NOON + timedelta(days=1))) == Plan(finalizer=True)

    def test_waits_a_moment_for_the_pod_that_knows(self) -> None:
        kb = knowledge_base()
        done = prepare_job(kb, running_pod(), state=JobState.COMPLETE)

        plan = reconcile(kb, KnowledgeBaseWorld(jobs=(done,)), context())

        assert plan.requeue == 1
        assert plan.apply == ()

    def test_has_it_made_again_when_what_its_worker_learnt_is_lost(self) -> None:
        kb = knowledge_base()
        lost = prepare_job(kb, state=JobState.COMPLETE, finished_at=NOON - timedelta(minutes=1))

        plan = reconcile(kb, KnowledgeBaseWorld(jobs=(lost,)), context())

        assert plan.apply[0]["metadata"]["labels"]["kubelore.io/attempt"] == "2"
        assert plan.delete == (lost.key,)

    def test_is_not_ready_while_its_model_server_is_away(self) -> None:
        served = knowledge_base(**SERVED)
        away = served.model_copy(update={"status": prepared(served, PREPARED)})

        assert condition_of(reconcile(away, EMPTY, context()))[:2] == ("False", "LLMServerNotFound")

    def test_says_nothing_about_a_change_that_needs_no_reindexing(self) -> None:
        kb = ready_kb()
        changed = kb.model_copy(update={"spec": knowledge_base(retrieval={"topK": 3}).spec})

        assert reconcile(changed, EMPTY, context()) == Plan(finalizer=True)


class TestPreparingThatFails:
    def failed(self, attempt: int, seconds_ago: int, code: ErrorCode = ErrorCode.VECTOR_STORE_UNREACHABLE) -> Plan:
        kb = knowledge_base()
        pod = ended_pod(message(failures=(failure(code),)), exit_code=1)
        finished = NOON - timedelta(seconds=seconds_ago)
        dead = prepare_job(kb, pod, state=JobState.FAILED, attempt=attempt, finished_at=finished)
        return reconcile(kb, KnowledgeBaseWorld(jobs=(dead,)), context())

    def test_says_that_a_store_does_not_answer(self) -> None:
        plan = self.failed(attempt=1, seconds_ago=5)

        assert condition_of(plan)[:2] == ("False", "PrepareFailed")
        assert condition_of(plan, "StorageReachable")[:2] == ("False", "StorageUnreachable")
        assert "check that Milvus runs" in condition_of(plan, "StorageReachable")[2]

    def test_says_so_while_the_same_job_tries_again(self) -> None:
        kb = knowledge_base()
        failed = ended_pod(message(failures=(failure(ErrorCode.VECTOR_STORE_UNREACHABLE),)), exit_code=1)

        plan = reconcile(kb, KnowledgeBaseWorld(jobs=(prepare_job(kb, failed, running_pod()),)), context())

        assert plan.apply == ()
        assert condition_of(plan)[:2] == ("False", "PrepareFailed")
        assert condition_of(plan, "StorageReachable")[:2] == ("False", "StorageUnreachable")

    def test_does_not_blame_the_stores_for_the_model(self) -> None:
        plan = self.failed(attempt=1, seconds_ago=5, code=ErrorCode.EMBEDDER_REFUSED)

        assert written(plan).condition("StorageReachable") is None

    @pytest.mark.parametrize(("attempt", "wait"), [(1, 15), (2, 30), (3, 60), (20, 600)])
    def test_is_tried_again_after_growing_waits(self, attempt: int, wait: int) -> None:
        early, due = self.failed(attempt, seconds_ago=wait - 1), self.failed(attempt, seconds_ago=wait)

        assert (early.apply, early.requeue) == ((), 1)
        assert due.apply[0]["metadata"]["labels"]["kubelore.io/attempt"] == str(attempt + 1)
        assert len(due.delete) == 1


class TestTotals:
    def test_are_those_that_were_counted_last(self) -> None:
        reports = (end(counted(9, 90), seconds=-60), end(counted(10, 100)), end(counted(8, 80), seconds=-90))

        status = written(reconcile(ready_kb(), KnowledgeBaseWorld(reports=reports), context()))

        assert (status.documents, status.chunks, status.counted_at) == (10, 100, "2026-11-01T12:00:00Z")

    def test_are_kept_when_only_earlier_counts_are_left(self) -> None:
        first = reconcile(ready_kb(), KnowledgeBaseWorld(reports=(end(counted(10, 100)),)), context())
        kb = ready_kb().model_copy(update={"status": written(first)})

        plan = reconcile(kb, KnowledgeBaseWorld(reports=(end(counted(9, 90), seconds=-60),)), context())

        assert plan.status is None

    def test_are_written_at_most_every_five_seconds(self) -> None:
        world = KnowledgeBaseWorld(reports=(end(counted(10, 100)),))

        plan = reconcile(ready_kb(), world, context(seconds_since_status=1))

        assert plan == Plan(finalizer=True, requeue=4)

    @pytest.mark.parametrize("text", ["", "Killed", '{"chunks": "many"}'])
    def test_are_not_read_from_what_is_no_report(self, text: str) -> None:
        assert reconcile(ready_kb(), KnowledgeBaseWorld(reports=(end(text),)), context()).status is None


class TestStorage:
    DOWN = message(failures=(failure(ErrorCode.OBJECT_STORE_UNREACHABLE),)).to_json()

    def test_is_unreachable_when_the_last_worker_found_it_so(self) -> None:
        reports = (end(counted(1, 1), seconds=-60), end(self.DOWN, exit_code=1))

        plan = reconcile(ready_kb(), KnowledgeBaseWorld(reports=reports), context())

        assert condition_of(plan, "StorageReachable")[:2] == ("False", "StorageUnreachable")

    def test_is_reachable_again_when_a_later_worker_found_it_so(self) -> None:
        first = reconcile(ready_kb(), KnowledgeBaseWorld(reports=(end(self.DOWN, exit_code=1),)), context())
        kb = ready_kb().model_copy(update={"status": written(first)})

        plan = reconcile(kb, KnowledgeBaseWorld(reports=(end(counted(1, 1), seconds=60),)), context())

        assert condition_of(plan, "StorageReachable")[0] == "True"


class TestAKnowledgeBaseThatIsDeleted:
    def deleted(self, policy: str = "Delete", **meta: Any) -> KnowledgeBase:
        kb = ready_kb(deletion_policy=policy)
        held = {"deletion_timestamp": NOON, "finalizers": ("kubelore.io/cleanup",)}
        metadata = kb.metadata.model_copy(update=held | meta)
        return kb.model_copy(update={"metadata": metadata})

    def purge_job(self, kb: KnowledgeBase, state: JobState, *pods: Pod, **fields: Any) -> Job:
        (manifest,) = reconcile(kb, EMPTY, context()).apply
        input_hash = manifest["metadata"]["labels"]["kubelore.io/input"]
        return job(*pods, state=state, operation="purge", input_hash=input_hash, **fields)

    def test_goes_at_once_when_its_data_stays(self) -> None:
        assert reconcile(self.deleted("Retain"), EMPTY, context()) == Plan(finalizer=False)

    def test_is_left_alone_once_it_may_go(self) -> None:
        assert reconcile(self.deleted(finalizers=("somebody.else/s",)), EMPTY, context()) == Plan()

    def test_has_its_data_removed_first(self) -> None:
        plan = reconcile(self.deleted(), EMPTY, context())

        assert plan.apply[0]["metadata"]["labels"]["kubelore.io/operation"] == "purge"
        assert plan.finalizer is None
        assert condition_of(plan)[1] == "Deleting"

    def test_has_its_data_removed_by_a_job_that_a_foreground_deletion_spares(self) -> None:
        plan = reconcile(self.deleted(), EMPTY, context())

        assert "ownerReferences" not in plan.apply[0]["metadata"]

    def test_needs_no_model_server_for_that(self) -> None:
        kb = self.deleted().model_copy(update={"spec": knowledge_base(deletion_policy="Delete", **SERVED).spec})

        assert reconcile(kb, EMPTY, context()).apply

    def test_stops_the_jobs_of_its_tasks_before(self) -> None:
        running = job(running_pod(), operation="upsert")

        plan = reconcile(self.deleted(), KnowledgeBaseWorld(task_jobs=(running,)), context())

        assert plan.delete == (running.key,)
        assert plan.apply == ()
        assert running.key.name in condition_of(plan)[2]

    def test_waits_for_pods_that_still_write(self) -> None:
        plan = reconcile(self.deleted(), KnowledgeBaseWorld(writing_pods=("pages-0",)), context())

        assert (plan.apply, plan.delete, plan.finalizer) == ((), (), None)
        assert "pages-0" in condition_of(plan)[2]

    def test_goes_when_its_data_is_gone_and_takes_the_job_along(self) -> None:
        kb = self.deleted()
        done = self.purge_job(kb, JobState.COMPLETE, ended_pod(message()))

        plan = reconcile(kb, KnowledgeBaseWorld(jobs=(done,)), context())

        assert plan == Plan(delete_last=(done.key,), finalizer=False)

    def test_says_why_its_data_can_not_be_removed_and_the_way_out(self) -> None:
        kb = self.deleted()
        pod = ended_pod(message(failures=(failure(ErrorCode.VECTOR_STORE_UNREACHABLE),)), exit_code=1)
        dead = self.purge_job(kb, JobState.FAILED, pod, finished_at=NOON)

        plan = reconcile(kb, KnowledgeBaseWorld(jobs=(dead,)), context())

        assert condition_of(plan)[1] == "CleanupFailed"
        assert "the vector store does not answer" in condition_of(plan)[2]
        assert 'kubelore.io/skip-cleanup="true"' in condition_of(plan)[2]
        assert plan.finalizer is None

    def test_says_that_no_job_can_be_made_and_the_way_out(self) -> None:
        plan = reconcile(self.deleted(), EMPTY, context(refusal="the namespace is being terminated"))

        assert condition_of(plan)[1] == "CleanupFailed"
        assert "kubelore.io/skip-cleanup" in condition_of(plan)[2]

    def test_goes_without_its_data_removed_when_told_to(self) -> None:
        kb = self.deleted(annotations={"kubelore.io/skip-cleanup": "true"})

        assert reconcile(kb, EMPTY, context()) == Plan(finalizer=False)


def test_two_knowledge_bases_never_share_a_job() -> None:
    names = {first_prepare(knowledge_base(meta={"uid": uid}))["metadata"]["name"] for uid in "ab"}

    assert len(names) == 2
