"""Counts what becomes of a shard's documents."""

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, ResultManifest, ShardProgress, Stage
from kubelore.jobs.spec import JobSpec
from kubelore_ingest.reporting.progress import ProgressMeter


class Tally:
    """The counts of one run, shown as they grow.

    `chunks` are those that the documents have in the vector store, whoever wrote them; `embedded` were embedded here.
    """

    def __init__(self, meter: ProgressMeter) -> None:
        self._meter = meter
        self._stage = Stage.PROCESSING
        self._total = 0
        self._succeeded = 0
        self._skipped = 0
        self._chunks = 0
        self._embedded = 0
        self._failures: list[Failure] = []

    @property
    def counts(self) -> DocumentCounts:
        """How many documents came to which end."""
        failed = len(self._failures)
        done = self._succeeded + self._skipped + failed
        return DocumentCounts(
            total=max(self._total, done), succeeded=self._succeeded, skipped=self._skipped, failed=failed
        )

    @property
    def chunks(self) -> int:
        """Chunks of the documents that came to an end."""
        return self._chunks

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Why documents failed, in the order in which they did."""
        return tuple(self._failures)

    def expect(self, total: int) -> None:
        """Say how many documents there will be."""
        self._total = total
        self._show()

    def enter(self, stage: Stage) -> None:
        """Say what is being done."""
        self._stage = stage
        self._show()

    def embed(self, chunks: int) -> None:
        """Count chunks that were embedded."""
        self._embedded += chunks
        self._show()

    def succeed(self, chunks: int = 0) -> None:
        """Count a document that this task brought in, or took out."""
        self._succeeded += 1
        self._end(chunks)

    def skip(self, chunks: int = 0) -> None:
        """Count a document that needed nothing."""
        self._skipped += 1
        self._end(chunks)

    def fail(self, failure: Failure, chunks: int = 0) -> None:
        """Count a document that failed; `chunks` are those that an earlier version of it keeps."""
        self._failures.append(failure)
        self._end(chunks)

    def finish(self) -> None:
        """Show the last state, however short ago the one before was."""
        self._meter.show_last(self._progress())

    def manifest(self, spec: JobSpec, shard: int) -> ResultManifest:
        """Write down how the shard ended."""
        return ResultManifest(
            task=spec.task.name if spec.task else "",
            task_uid=spec.task.uid if spec.task else "",
            tenant=spec.tenant,
            shard=shard,
            shards=spec.shards,
            documents=self.counts,
            chunks=self._chunks,
            embedded=self._embedded,
            failures=self.failures,
        )

    def _end(self, chunks: int) -> None:
        self._chunks += chunks
        self._show()

    def _show(self) -> None:
        self._meter.show(self._progress())

    def _progress(self) -> ShardProgress:
        return ShardProgress(stage=self._stage, documents=self.counts, chunks=self._chunks)
