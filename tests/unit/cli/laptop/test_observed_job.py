from pathlib import Path
from typing import Any

from kubelore.clock import now
from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, EXIT_OK, DocumentCounts, TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import Reason
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore_cli.laptop.observed_job import ObservedJob
from kubelore_cli.laptop.worker import WorkerEnd
from kubelore_operator.reconcile.task_outcome import judge
from support.builders import ingest_task

LOG = Path("state/run/worker.log")
BROKEN = Failure.from_error("a.pdf", KubeloreError(ErrorCode.DOCUMENT_BROKEN, "a.pdf"))
PREFIX: dict[str, Any] = {"source": {"prefix": {"prefix": "pages/"}}}


def good(documents: int) -> WorkerEnd:
    message = TerminationMessage(documents=DocumentCounts(total=documents, succeeded=documents), chunks=2 * documents)
    return WorkerEnd(EXIT_OK, message.to_json(), LOG)


def observed(task: IngestTask, *ends: tuple[int, WorkerEnd]) -> ObservedJob:
    job = ObservedJob(task, now())
    for shard, end in ends:
        job.add(shard, end, now())
    return job


def test_a_task_whose_shards_all_ended_well_is_completed_with_their_sum() -> None:
    task = ingest_task(**PREFIX)

    verdict = judge(task, observed(task, (0, good(3)), (1, good(4))).complete())

    assert verdict.phase is TaskPhase.COMPLETED
    assert (verdict.documents.succeeded, verdict.chunks) == (7, 14)


def test_a_bad_document_fails_its_task_with_the_workers_words() -> None:
    task = ingest_task()
    report = TerminationMessage(documents=DocumentCounts(total=1, failed=1), failures=(BROKEN,))
    job = observed(task, (0, WorkerEnd(EXIT_DOCUMENT_IS_BAD, report.to_json(), LOG)))

    verdict = judge(task, job.failed())

    assert (verdict.phase, verdict.reason) == (TaskPhase.FAILED, Reason.DOCUMENT_FAILED)
    assert verdict.failures == (BROKEN,)


def test_a_worker_that_died_is_named_by_its_signal_and_its_log() -> None:
    job = observed(ingest_task(), (0, WorkerEnd(-9, "", LOG)))

    assert "SIGKILL" in job.why_failed().message
    assert str(LOG) in job.why_failed().message


def test_the_last_failure_is_the_one_that_is_told() -> None:
    report = TerminationMessage(failures=(BROKEN,))
    job = observed(ingest_task(), (0, WorkerEnd(-9, "", LOG)), (0, WorkerEnd(1, report.to_json(), LOG)))

    assert job.failures == 2
    assert job.why_failed() == BROKEN


def test_a_shard_that_succeeded_after_a_failure_counts_once() -> None:
    task = ingest_task(**PREFIX)
    job = observed(task, (0, WorkerEnd(1, "", LOG)), (0, good(5)))

    verdict = judge(task, job.complete())

    assert verdict.documents == DocumentCounts(total=5, succeeded=5)


def test_a_worker_that_says_nothing_has_not_succeeded() -> None:
    assert not WorkerEnd(EXIT_OK, "", LOG).succeeded
    assert observed(ingest_task(), (0, WorkerEnd(EXIT_OK, "", LOG))).failures == 1


def test_a_task_that_took_too_long_says_so() -> None:
    task = ingest_task(**PREFIX)

    verdict = judge(task, observed(task).failed("DeadlineExceeded", "10 seconds have passed"))

    assert (verdict.phase, verdict.reason) == (TaskPhase.FAILED, Reason.DEADLINE_EXCEEDED)
