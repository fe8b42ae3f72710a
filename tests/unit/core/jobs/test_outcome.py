import pytest

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, ShardProgress, Stage, TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.outcome import final_phase, summarise
from kubelore.resources.ingest_task import MOST_FAILURES_IN_STATUS, TaskPhase


def counts(total: int, succeeded: int = 0, failed: int = 0, skipped: int = 0) -> DocumentCounts:
    return DocumentCounts(total=total, succeeded=succeeded, failed=failed, skipped=skipped)


def failures(count: int) -> tuple[Failure, ...]:
    error = KubeloreError(ErrorCode.DOCUMENT_BROKEN, "document")
    return tuple(Failure.from_error(f"{index}.pdf", error) for index in range(count))


def test_a_shard_that_ended_counts_by_its_last_word() -> None:
    outcome = summarise(
        {0: ShardProgress(documents=counts(9, 1), chunks=1), 1: ShardProgress(documents=counts(5, 2), chunks=4)},
        {0: TerminationMessage(documents=counts(10, 8, 1, 1), chunks=30)},
    )

    assert outcome.documents == counts(15, 10, 1, 1)
    assert outcome.chunks == 34
    assert outcome.progress == "12/15"


@pytest.mark.parametrize(
    ("progress", "phase"),
    [
        ({}, TaskPhase.PROCESSING),
        ({0: ShardProgress()}, TaskPhase.PROCESSING),
        ({0: ShardProgress(), 1: ShardProgress(stage=Stage.VECTORIZING)}, TaskPhase.VECTORIZING),
        ({0: ShardProgress(chunks=1)}, TaskPhase.VECTORIZING),
    ],
)
def test_a_task_is_vectorizing_once_one_of_its_shards_is(progress: dict[int, ShardProgress], phase: TaskPhase) -> None:
    assert summarise(progress, {}).phase is phase


def test_only_the_first_failures_are_shown() -> None:
    ended = {shard: TerminationMessage(failures=failures(8)) for shard in range(4)}

    assert len(summarise({}, ended).failures) == MOST_FAILURES_IN_STATUS


@pytest.mark.parametrize(
    ("documents", "phase"),
    [
        (counts(0), TaskPhase.COMPLETED),
        (counts(3, 3), TaskPhase.COMPLETED),
        (counts(3, 1, 2), TaskPhase.COMPLETED),
        (counts(3, 0, 2, 1), TaskPhase.COMPLETED),
        (counts(3, 0, 3), TaskPhase.FAILED),
    ],
)
def test_a_task_fails_only_when_nothing_came_in(documents: DocumentCounts, phase: TaskPhase) -> None:
    assert final_phase(documents) is phase
