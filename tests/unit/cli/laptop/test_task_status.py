from datetime import timedelta

from kubelore.clock import now, timestamp
from kubelore.documents.result import DocumentCounts, ShardProgress, Stage, TerminationMessage
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTaskStatus, TaskPhase
from kubelore_cli.laptop import task_status
from support.builders import ingest_task

RUNNING = {0: ShardProgress(stage=Stage.VECTORIZING, documents=DocumentCounts(total=4, succeeded=1), chunks=3)}


def message(status: IngestTaskStatus) -> str:
    condition = status.condition(ConditionType.SUCCEEDED)
    assert condition is not None
    assert condition.status == "Unknown"
    return condition.message


def test_a_task_at_work_sums_its_shards() -> None:
    ended = {1: TerminationMessage(documents=DocumentCounts(total=2, succeeded=2), chunks=5)}

    status = task_status.running(ingest_task(), RUNNING, ended, "", now())

    assert (status.phase, status.progress, status.chunks) == (TaskPhase.VECTORIZING, "3/6", 8)
    assert status.started_at is not None
    assert status.shards == {"0": RUNNING[0]}


def test_trouble_on_the_way_is_told() -> None:
    status = task_status.running(ingest_task(), {}, {}, "Milvus is away; it is tried again", now())

    assert message(status) == "Milvus is away; it is tried again"


def test_a_task_that_goes_on_after_a_restart_keeps_its_start() -> None:
    task = ingest_task(status={"startedAt": "2026-01-01T00:00:00Z"})

    assert task_status.running(task, {}, {}, "", now()).started_at == "2026-01-01T00:00:00Z"


def test_a_suspended_task_is_pending_and_says_so() -> None:
    status = task_status.waiting(ingest_task(), task_status.suspended(), now())

    assert status.phase is TaskPhase.PENDING
    assert "spec.suspend" in message(status)


def test_a_task_is_expired_once_its_time_to_live_is_over() -> None:
    finished = now()
    task = ingest_task(ttl_seconds_after_finished=60, status={"finishedAt": timestamp(finished)})

    assert not task_status.is_expired(task, finished + timedelta(seconds=59))
    assert task_status.is_expired(task, finished + timedelta(seconds=60))


def test_a_task_without_a_time_to_live_or_an_end_stays() -> None:
    later = now() + timedelta(days=365)

    assert not task_status.is_expired(ingest_task(status={"finishedAt": timestamp(now())}), later)
    assert not task_status.is_expired(ingest_task(ttl_seconds_after_finished=0), later)


def test_the_finding_of_a_suspended_task_has_its_reason() -> None:
    assert task_status.suspended().reason is Reason.SUSPENDED
