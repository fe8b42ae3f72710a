"""The document that tells a worker everything but credentials."""

from enum import StrEnum

from pydantic import Field

from kubelore.documents.ids import fingerprint
from kubelore.documents.models import WireModel
from kubelore.documents.reading import MOST_SCANNED_PAGES, Reading
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.index_plan import plan_index
from kubelore.resources.ingest_task import IngestTask, Operation, Source
from kubelore.resources.knowledge_base import Chunking, Generation, IndexPlan, KnowledgeBase, Parsing, Sync

JOB_VARIABLE = "KUBELORE_JOB"
"""The environment variable that holds the document as JSON."""

SHARD_VARIABLE = "JOB_COMPLETION_INDEX"
"""The environment variable that Kubernetes gives each pod of an Indexed Job."""

MOUNTED_SOURCE_VARIABLE = "KUBELORE_MOUNTED_SOURCE"
"""The environment variable with the path of an inline or ConfigMap source's file."""

SOURCE_HEADERS_VARIABLE = "KUBELORE_SOURCE_HEADERS_DIR"
"""The environment variable with the folder of a URL source's headers: one file a header, as a Secret is mounted."""

PROGRESS_FILE_VARIABLE = "KUBELORE_PROGRESS_FILE"
"""The environment variable with the path that a worker without a cluster writes its ShardProgress to."""

TERMINATION_FILE_VARIABLE = "KUBELORE_TERMINATION_FILE"
"""The environment variable with the path of the termination message; default: the kubelet's."""


class JobOperation(StrEnum):
    """What a worker does."""

    PREPARE = "prepare"
    PLAN = "plan"
    UPSERT = "upsert"
    DELETE = "delete"
    PURGE = "purge"
    REINDEX = "reindex"
    PROMOTE = "promote"
    RETIRE = "retire"
    REBUILD = "rebuild"
    VERIFY = "verify"
    SYNC = "sync"


class TaskRef(WireModel):
    """The IngestTask that a worker works for."""

    name: str
    uid: str


class GenerationSpec(WireModel):
    """What one generation's rows are made with."""

    generation: int
    embedding: EmbedderConfig
    parsing: Parsing = Parsing()
    chunking: Chunking


class JobSpec(WireModel):
    """Everything that a worker is told; addresses and credentials come from its environment.

    `prepare` creates the knowledge base's collection and alias, `purge` removes all that it owns; `upsert` and
    `delete` carry out a task. `reindex` fills a generation from what is kept, `promote` proves it whole and points the
    alias to it, `retire` removes every generation but those in `keep`. `rebuild` fills an emptied vector store again,
    `verify` compares it with what is kept, and puts it right with `repair`. A knowledge base's documents are shared out
    over `shards` workers.

    `plan` shares the documents of a prefix out for a later job, whose operation is `planned`, and for `shards` workers
    at least; those find what is theirs in the plan. `sync` brings a prefix and the knowledge base in step.

    `also` are the generations beside `generation` that a task's changes go to. Vectors are taken over from the
    generations in `reuse`, which were made with the same embedding, parsing and chunking. `request` tells two otherwise
    equal ones apart.
    """

    operation: JobOperation
    planned: JobOperation | None = None
    namespace: str
    knowledge_base: str
    generation: int = 1
    embedding: EmbedderConfig
    parsing: Parsing = Parsing()
    chunking: Chunking
    index: IndexPlan
    max_document_bytes: int
    max_scanned_pages: int = MOST_SCANNED_PAGES
    task: TaskRef | None = None
    source: Source | None = None
    tenant: str = "default"
    metadata: dict[str, str] = Field(default_factory=dict)
    access_groups: tuple[str, ...] = ()
    shards: int = Field(default=1, ge=1)
    also: tuple[GenerationSpec, ...] = ()
    reuse: tuple[int, ...] = ()
    keep: tuple[int, ...] = ()
    repair: bool = False
    request: str = ""
    sync: Sync | None = None

    @property
    def reading(self) -> Reading:
        """How its documents are to be read."""
        return Reading(pdf_reader=self.parsing.pdf.reader, max_scanned_pages=self.max_scanned_pages)

    @property
    def fingerprint(self) -> str:
        """A hash of every setting that decides a document's rows, but for its content."""
        return fingerprint(
            self.embedding.backend,
            self.embedding.model,
            self.embedding.passage_prefix,
            self.embedding.precision,
            self.chunking.model_dump_json(),
            "\x1e".join(f"{key}={value}" for key, value in sorted(self.metadata.items())),
            "\x1e".join(sorted(self.access_groups)),
            *filter(None, [self.parsing.identity]),
        )

    def for_generation(self, other: GenerationSpec) -> "JobSpec":
        """Say the same of another generation alone."""
        built_with = {"embedding": other.embedding, "parsing": other.parsing, "chunking": other.chunking}
        return self.model_copy(update={"generation": other.generation, "also": (), **built_with})


def job_for_generation(
    kb: KnowledgeBase, generation: Generation, embedding: EmbedderConfig, operation: JobOperation
) -> JobSpec:
    """Describe what is done to one generation of a knowledge base."""
    built_with = {"parsing": generation.parsing, "chunking": generation.chunking, "index": generation.index}
    told = {"generation": generation.number, **built_with}
    return job_for_knowledge_base(kb, embedding, operation).model_copy(update=told)


def job_for_knowledge_base(kb: KnowledgeBase, embedding: EmbedderConfig, operation: JobOperation) -> JobSpec:
    """Describe what is done to a knowledge base, in the generation that answers."""
    built = kb.status.generation.answering
    return JobSpec(
        operation=operation,
        namespace=kb.metadata.namespace,
        knowledge_base=kb.metadata.name,
        generation=max(kb.status.generation.active, 1),
        embedding=embedding,
        parsing=built.parsing if built is not None else kb.spec.parsing,
        chunking=built.chunking if built is not None else kb.spec.chunking,
        index=built.index if built is not None else plan_index(kb.spec.index, kb.status.chunks),
        max_document_bytes=kb.spec.ingest.max_document_bytes,
        max_scanned_pages=kb.spec.ingest.max_scanned_pages,
    )


def job_for_sync(kb: KnowledgeBase, embedding: EmbedderConfig) -> JobSpec:
    """Describe one run of a knowledge base's sync."""
    return job_for_knowledge_base(kb, embedding, JobOperation.SYNC).model_copy(update={"sync": kb.spec.sync})


def job_for_task(kb: KnowledgeBase, embedding: EmbedderConfig, task: IngestTask, shards: int) -> JobSpec:
    """Describe the work of a task; inline text is mounted, and so left out."""
    return job_for_knowledge_base(kb, embedding, _operation(task)).model_copy(
        update={
            "task": TaskRef(name=task.metadata.name, uid=task.metadata.uid),
            "source": _without_text(task.spec.source),
            "tenant": task.spec.tenant,
            "metadata": task.spec.metadata,
            "access_groups": task.spec.access_groups,
            "shards": shards,
        }
    )


def job_for_plan(kb: KnowledgeBase, embedding: EmbedderConfig, task: IngestTask) -> JobSpec:
    """Describe the planning of a task over a prefix."""
    spec = job_for_task(kb, embedding, task, parallelism_of(kb, task))
    return spec.model_copy(update={"operation": JobOperation.PLAN, "planned": spec.operation})


def needs_plan(task: IngestTask) -> bool:
    """Say whether nobody knows how many documents a task has before its source is listed."""
    return task.spec.source.prefix is not None


def parallelism_of(kb: KnowledgeBase, task: IngestTask) -> int:
    """Return how many workers may be at a task at once."""
    if not needs_plan(task):
        return 1
    return task.spec.parallelism or kb.spec.ingest.parallelism


def _operation(task: IngestTask) -> JobOperation:
    return JobOperation.DELETE if task.spec.operation is Operation.DELETE else JobOperation.UPSERT


def _without_text(source: Source) -> Source:
    if source.inline is None:
        return source
    return source.model_copy(update={"inline": source.inline.model_copy(update={"text": "(mounted)"})})
