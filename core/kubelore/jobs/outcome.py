"""What became of a task, from what its workers reported."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, ShardProgress, Stage, TerminationMessage
from kubelore.resources.ingest_task import MOST_FAILURES_IN_STATUS, TaskPhase


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """The sum over a task's shards, in the words of its status."""

    phase: TaskPhase
    documents: DocumentCounts
    chunks: int
    progress: str
    failures: tuple[Failure, ...]


def summarise(
    progress: Mapping[int, ShardProgress], ended: Mapping[int, TerminationMessage], planned: int = 0
) -> TaskOutcome:
    """Sum what runs and what has ended; a shard that ended counts by its termination message.

    `planned` is how many documents there are, where that is known before every shard has begun. The phase is the
    running one: whether the task is final is for the caller to say, who sees the Job.
    """
    running = {shard: report for shard, report in progress.items() if shard not in ended}
    documents = _sum([*(m.documents for m in ended.values()), *(r.documents for r in running.values())])
    documents = documents.model_copy(update={"total": max(documents.total, planned)})
    chunks = sum(m.chunks for m in ended.values()) + sum(r.chunks for r in running.values())
    vectorizing = any(r.stage is Stage.VECTORIZING for r in running.values()) or chunks > 0
    failures = tuple(failure for _, message in sorted(ended.items()) for failure in message.failures)
    return TaskOutcome(
        phase=TaskPhase.VECTORIZING if vectorizing else TaskPhase.PROCESSING,
        documents=documents,
        chunks=chunks,
        progress=f"{documents.done}/{documents.total}",
        failures=failures[:MOST_FAILURES_IN_STATUS],
    )


def final_phase(documents: DocumentCounts) -> TaskPhase:
    """Return the phase of a task whose workers all ended well.

    Single documents that failed leave a task COMPLETED; one none of whose documents came in has FAILED.
    """
    nothing_came_in = documents.failed > 0 and documents.succeeded + documents.skipped == 0
    return TaskPhase.FAILED if nothing_came_in else TaskPhase.COMPLETED


def _sum(counts: Iterable[DocumentCounts]) -> DocumentCounts:
    return sum(counts, DocumentCounts())
