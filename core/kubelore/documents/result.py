"""What a Job reports: progress while it runs, a manifest and a termination message when it ends."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from kubelore.documents.models import StoredModel
from kubelore.documents.plan import PlanSummary
from kubelore.documents.record import Failure
from kubelore.documents.sync import SyncReport

EXIT_OK = 0
EXIT_RETRY = 1
EXIT_DOCUMENT_IS_BAD = 42
"""Tells the Job's podFailurePolicy that another attempt can't help."""

MOST_FAILURES_IN_MESSAGE = 5
LONGEST_TERMINATION_MESSAGE = 4096
"""Bytes that the kubelet keeps of a termination message."""


class Stage(StrEnum):
    """What a shard is doing, as far as a task's phase shows it."""

    PROCESSING = "PROCESSING"
    VECTORIZING = "VECTORIZING"


class DocumentCounts(StoredModel):
    """How many documents came to which end; `skipped` ones were unchanged and count as neither of the others."""

    total: int = Field(default=0, ge=0, description="Documents found so far.")
    succeeded: int = Field(default=0, ge=0, description="Documents brought in or taken out.")
    failed: int = Field(default=0, ge=0, description="Documents that could not be.")
    skipped: int = Field(default=0, ge=0, description="Documents that were unchanged.")

    @property
    def done(self) -> int:
        """Documents that came to an end, whichever."""
        return self.succeeded + self.failed + self.skipped

    def __add__(self, other: "DocumentCounts") -> "DocumentCounts":
        """Sum two shards' counts."""
        return DocumentCounts(
            total=self.total + other.total,
            succeeded=self.succeeded + other.succeeded,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


class ShardProgress(StoredModel):
    """How far one shard is; its worker patches it into the task's status."""

    stage: Stage = Field(default=Stage.PROCESSING, description="What the worker is doing.")
    documents: DocumentCounts = Field(
        default=DocumentCounts(), description="How many of its documents came to which end."
    )
    chunks: int = Field(default=0, description="Chunks of those documents.")


class ResultManifest(StoredModel):
    """How one shard of a task ended: the final truth, kept in the object store.

    `embedded` counts the chunks that were embedded in this run; `chunks` those that the shard's documents have.
    `failures` holds every one. `tenant` is whose task it was: nobody else is told of it.
    """

    task: str
    task_uid: str
    tenant: str = "default"
    shard: int = 0
    shards: int = 1
    documents: DocumentCounts = DocumentCounts()
    chunks: int = 0
    embedded: int = 0
    failures: tuple[Failure, ...] = ()


class KnowledgeBaseTotals(StoredModel):
    """What a knowledge base holds, counted in the vector store."""

    documents: int = 0
    chunks: int = 0
    counted_at: datetime | None = None
    """When the count began, to the microsecond: of several workers, the last to count has seen the others' rows."""


class Verification(StoredModel):
    """What comparing records, kept rows and searched rows found, and what was put right.

    `gaps` counts documents that lack rows or kept rows, `orphans` those of which rows or chunks are left that no
    record asks for. `missing` names what is missing as a whole: the `collection`, the `alias`.
    """

    documents: int = Field(default=0, description="Documents that were compared.")
    rows: int = Field(default=0, description="Rows that the vector store held.")
    gaps: int = Field(default=0, description="Documents that lacked rows.")
    orphans: int = Field(default=0, description="Documents that are gone and of which rows or chunks were left.")
    repaired: int = Field(default=0, description="Documents that were put right.")
    missing: tuple[str, ...] = Field(default=(), description="What was missing as a whole: collection, alias.")
    examples: tuple[str, ...] = Field(default=(), description="The first of the gaps and orphans.")

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left to put right."""
        return not self.missing and self.repaired >= self.gaps + self.orphans


class TerminationMessage(StoredModel):
    """What the operator reads from the pod: the manifest's counts, and its first failures.

    `totals` counts what the whole knowledge base holds afterwards; `collection`, `dimension` and `abilities` are
    what `prepare` learns, `verification` is what `verify` does, `plan` and `sync` are
    what the operations of these names found.
    """

    documents: DocumentCounts = DocumentCounts()
    chunks: int = 0
    failures: tuple[Failure, ...] = ()
    totals: KnowledgeBaseTotals | None = None
    collection: str | None = None
    dimension: int | None = None
    abilities: tuple[str, ...] = ()
    verification: Verification | None = None
    plan: PlanSummary | None = None
    sync: SyncReport | None = None
