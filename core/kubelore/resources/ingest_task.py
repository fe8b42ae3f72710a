"""`IngestTask`: documents to bring into a knowledge base, or to take out of it."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kubelore.documents.plan import PlanSummary
from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, ShardProgress
from kubelore.resources.base import Kind, LocalRef, PrinterColumn, Resource, ResourceModel, SecretRef, Status
from kubelore.resources.fields import DnsSubdomain, TenantName, Unique, WebAddress
from kubelore.resources.rules import Rule, Transition, constant, count_set, exactly_one_of, matching

MOST_FAILURES_IN_STATUS = 20

_NO_LEADING_SLASH = Rule(
    cel="!self.startsWith('/')",
    message="must not begin with /: keys are counted from the bucket's root",
    holds=lambda key: not key.startswith("/"),
)
_METADATA_KEY = re.compile("[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_METADATA_KEYS = Rule(
    cel=f"self.all(key, key.matches('^{_METADATA_KEY.pattern}$'))",
    message="every key must be at most 64 letters, digits and _ . -, beginning with a letter or _",
    holds=lambda metadata: all(_METADATA_KEY.fullmatch(key) for key in metadata),
)
Metadata = Annotated[dict[str, Annotated[str, Field(max_length=512)]], _METADATA_KEYS]
_STAYS = "can't be changed once the task is there: create another IngestTask"


class Operation(StrEnum):
    """What is done with the documents."""

    UPSERT = "Upsert"
    DELETE = "Delete"


class TaskPhase(StrEnum):
    """A summary of the conditions, for people and progress bars."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    VECTORIZING = "VECTORIZING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in {TaskPhase.COMPLETED, TaskPhase.FAILED}


class ObjectSource(ResourceModel):
    """One object of the knowledge base's bucket."""

    key: Annotated[str, _NO_LEADING_SLASH] = Field(min_length=1, max_length=1024, description="The object's key.")
    document_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="What the document is known by, and cited as; default: the key.",
    )


class PrefixSource(ResourceModel):
    """All objects of the knowledge base's bucket under a prefix."""

    prefix: Annotated[str, _NO_LEADING_SLASH] = Field(
        max_length=1024, description="The prefix; empty: the whole bucket."
    )
    glob: str = Field(
        default="**", min_length=1, max_length=255, description="Which of the keys under it, such as `**/*.md`."
    )


class UrlSource(ResourceModel):
    """A document behind an address."""

    url: WebAddress = Field(description="The document's address.")
    headers_secret_ref: SecretRef | None = Field(default=None, description="A Secret whose keys are sent as headers.")


class ConfigMapSource(ResourceModel):
    """A document in a ConfigMap of the same namespace."""

    name: DnsSubdomain = Field(description="The ConfigMap.")
    key: str = Field(min_length=1, max_length=253, description="The key within it; also the document's name.")


class InlineSource(ResourceModel):
    """A document in the task itself."""

    filename: Annotated[str, matching("[^/]+", "must be a file name without /")] = Field(
        max_length=255, description="The document's name."
    )
    text: str = Field(min_length=1, max_length=262144, description="The document's text.")


class DocumentsSource(ResourceModel):
    """Documents that the knowledge base has, wherever they came from."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="The name that a document is known by and cited as: a key, an address, or a file name.",
    )
    metadata: Metadata = Field(
        default_factory=dict, max_length=32, description="All documents that have each of these values."
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.name) != (has(self.metadata) && self.metadata.size() > 0)",
            message="exactly one of name, metadata must be set",
            holds=lambda source: (source.name is not None) != bool(source.metadata),
        ),
    )


class Source(ResourceModel):
    """Where the documents come from: exactly one of them."""

    object: ObjectSource | None = Field(default=None, description="One object of the bucket.")
    prefix: PrefixSource | None = Field(default=None, description="All objects under a prefix.")
    url: UrlSource | None = Field(default=None, description="An address.")
    config_map: ConfigMapSource | None = Field(default=None, description="A ConfigMap of the same namespace.")
    inline: InlineSource | None = Field(default=None, description="Text in the task itself.")
    documents: DocumentsSource | None = Field(
        default=None, description="Documents that the knowledge base has; only to be deleted."
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one_of(
            ("object", "prefix", "url", "config_map", "inline", "documents"),
            ("object", "prefix", "url", "configMap", "inline", "documents"),
        ),
    )


class IngestTaskSpec(ResourceModel):
    """What is wanted of a task; it can't be changed, but for `suspend` and `ttlSecondsAfterFinished`."""

    knowledge_base_ref: LocalRef = Field(description="The knowledge base that the documents belong to.")
    operation: Operation = Field(default=Operation.UPSERT, description="Bring in, or take out.")
    source: Source = Field(description="Where the documents come from.")
    tenant: TenantName = Field(default="default", description="The tenant that alone will see the documents.")
    metadata: Metadata = Field(
        default_factory=dict, max_length=32, description="Kept with every chunk; answers can be filtered by it."
    )
    access_groups: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=128)], ...], Unique()] = Field(
        default=(), max_length=32, description="Groups that may see the documents; none: the whole tenant."
    )
    parallelism: int | None = Field(
        default=None, ge=1, le=500, description="Pods that work on it at once; default: the knowledge base's."
    )
    backoff_limit: int = Field(default=3, ge=0, le=100, description="Retries of a pod that failed.")
    active_deadline_seconds: int = Field(
        default=86400, ge=10, le=2_592_000, description="The longest that the task may take."
    )
    ttl_seconds_after_finished: int | None = Field(
        default=None, ge=0, le=31_536_000, description="When the finished task goes by itself; default: never."
    )
    suspend: bool = Field(default=False, description="Whether the task waits.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.operation != 'Delete' || !(has(self.source.url) || has(self.source.inline)"
            " || has(self.source.configMap))",
            message="operation Delete takes source.object, source.prefix or source.documents",
            holds=lambda spec: (
                spec.operation != Operation.DELETE
                or count_set(spec.source.url, spec.source.inline, spec.source.config_map) == 0
            ),
        ),
        Rule(
            cel="self.operation == 'Delete' || !has(self.source.documents)",
            message="source.documents can only be deleted: set operation to Delete",
            holds=lambda spec: spec.operation == Operation.DELETE or spec.source.documents is None,
        ),
    )
    transitions: ClassVar[tuple[Transition, ...]] = tuple(
        constant(field, _STAYS)
        for field in (
            "knowledgeBaseRef",
            "operation",
            "source",
            "tenant",
            "metadata",
            "accessGroups",
            "parallelism",
            "backoffLimit",
            "activeDeadlineSeconds",
        )
    )


class IngestTaskStatus(Status):
    """What is so of a task; `shards` is the workers' own, everything else the operator's."""

    phase: TaskPhase = Field(default=TaskPhase.PENDING, description="A summary of the conditions.")
    documents: DocumentCounts = Field(
        default_factory=DocumentCounts, description="How many documents came to which end."
    )
    chunks: int = Field(default=0, description="Chunks of those documents.")
    progress: str = Field(default="", description="Documents done of all, such as `12/80`.")
    plan: PlanSummary | None = Field(
        default=None, description="How the documents of a prefix are shared out; none before it was listed."
    )
    shards: dict[str, ShardProgress] = Field(
        default_factory=dict, description="How far each worker is, by its index; written by the workers."
    )
    failures: tuple[Failure, ...] = Field(
        default=(), description="The first 20 documents that failed; all are in the result manifest."
    )
    started_at: str | None = Field(default=None, description="When the work began.")
    finished_at: str | None = Field(default=None, description="When it ended.")


class IngestTask(Resource[IngestTaskSpec, IngestTaskStatus]):
    """Documents to bring into a knowledge base, or to take out of it."""

    info: ClassVar[Kind] = Kind(
        kind="IngestTask",
        plural="ingesttasks",
        short_names=("ingest",),
        columns=(
            PrinterColumn("Knowledge base", ".spec.knowledgeBaseRef.name"),
            PrinterColumn("Phase", ".status.phase"),
            PrinterColumn("Progress", ".status.progress"),
            PrinterColumn("Failed", ".status.documents.failed", "integer"),
            PrinterColumn("Chunks", ".status.chunks", "integer", priority=1),
            PrinterColumn("Age", ".metadata.creationTimestamp", "date"),
        ),
        selectable=(".spec.knowledgeBaseRef.name", ".status.phase"),
    )

    kind: Literal["IngestTask"] = "IngestTask"
    status: IngestTaskStatus = Field(default_factory=IngestTaskStatus)
