"""`KnowledgeBase`: documents that are searched together, and how."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kubelore.documents.reading import MOST_SCANNED_PAGES, PdfReader
from kubelore.documents.result import ShardProgress
from kubelore.documents.sync import SyncReport
from kubelore.resources.base import (
    Kind,
    LocalRef,
    PrinterColumn,
    Resource,
    ResourceModel,
    ResourceRequirements,
    SecretRef,
    Status,
    StatusModel,
)
from kubelore.resources.fields import DNS_LABEL, DnsSubdomain, WebAddress
from kubelore.resources.precision import Precision
from kubelore.resources.rules import Rule, Transition, constant, exactly_one_of, matching, name_matching

_STORAGE_STAYS = "can't be changed: the documents would stay behind; create another KnowledgeBase and ingest into it"


class ChunkingStrategy(StrEnum):
    """How a document's text is cut."""

    RECURSIVE = "recursive"
    MARKDOWN = "markdown"
    SENTENCE = "sentence"
    TOKEN = "token"  # noqa: S105 - a strategy's name


class ChunkingUnit(StrEnum):
    """What sizes are counted in."""

    TOKENS = "tokens"
    CHARACTERS = "characters"


class IndexProfile(StrEnum):
    """What an index is good at: HNSW, IVF_FLAT, FLAT, or what fits the number of rows."""

    FAST = "fast"
    MEMORY = "memory"
    EXACT = "exact"
    AUTO = "auto"


class RetrievalMode(StrEnum):
    """Which routes a question takes."""

    DENSE = "dense"
    SPARSE = "sparse"
    HYBRID = "hybrid"


class Fusion(StrEnum):
    """How the hits of both routes become one ranking."""

    WEIGHTED = "weighted"
    RRF = "rrf"


class DeletionPolicy(StrEnum):
    """What becomes of the data when the resource goes."""

    RETAIN = "Retain"
    DELETE = "Delete"


class Embedding(ResourceModel):
    """The embedding model: an LLMServer's, or the built-in one."""

    llm_server_ref: LocalRef | None = Field(default=None, description="An LLMServer that serves embedding.")
    builtin: Literal["all-MiniLM-L6-v2"] | None = Field(
        default=None, description="The model that runs inside Kubelore's own processes."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=255, description="The model to ask for; default: the LLMServer's."
    )
    dimension: int | None = Field(
        default=None, ge=2, le=32768, description="The length of its vectors; default: what the model answers."
    )
    query_prefix: str = Field(default="", max_length=1024, description="Put before every question.")
    passage_prefix: str = Field(default="", max_length=1024, description="Put before every chunk.")
    precision: Precision = Field(
        default=Precision.FP32,
        description="What the built-in model computes with: fp32, or int8, which is faster and a little less exact.",
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one_of(("llm_server_ref", "builtin"), ("llmServerRef", "builtin")),
        Rule(
            cel="!(has(self.builtin) && has(self.model))",
            message="model must not be set with builtin: builtin names the model",
            holds=lambda spec: spec.builtin is None or spec.model is None,
        ),
        Rule(
            cel="!has(self.precision) || self.precision == 'fp32' || has(self.builtin)",
            message="precision must not be set without builtin: an LLMServer has its own",
            holds=lambda spec: spec.precision is Precision.FP32 or spec.builtin is not None,
        ),
    )


class Reranker(ResourceModel):
    """The cross-encoder that orders what was found."""

    llm_server_ref: LocalRef = Field(description="An LLMServer that serves rerank.")


class Chat(ResourceModel):
    """The chat model and what it is told."""

    llm_server_ref: LocalRef | None = Field(
        default=None, description="An LLMServer that serves chat; none: answers are quotations."
    )
    system_prompt: str | None = Field(default=None, max_length=32768, description="In place of the default one.")
    prompt_template: str | None = Field(
        default=None,
        max_length=32768,
        description="In place of the default one; holds {context} and {question}.",
    )
    fallback_answer: str | None = Field(
        default=None, max_length=4096, description="The answer when nothing relevant was found."
    )
    temperature: float = Field(default=0.1, ge=0, le=2, description="The sampling temperature.")
    max_tokens: int = Field(default=1024, ge=1, le=1_000_000, description="The most tokens of an answer.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.promptTemplate) || (self.promptTemplate.contains('{context}')"
            " && self.promptTemplate.contains('{question}'))",
            message="promptTemplate must hold {context} and {question}",
            holds=lambda chat: (
                chat.prompt_template is None
                or ("{context}" in chat.prompt_template and "{question}" in chat.prompt_template)
            ),
        ),
    )


class Chunking(ResourceModel):
    """How documents are cut."""

    strategy: ChunkingStrategy = Field(default=ChunkingStrategy.RECURSIVE, description="How a text is cut.")
    size: int = Field(default=512, ge=16, le=32768, description="The most units of a chunk.")
    overlap: int = Field(default=64, ge=0, le=16384, description="Units that neighbours share.")
    unit: ChunkingUnit = Field(default=ChunkingUnit.TOKENS, description="What size and overlap are counted in.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.overlap * 2 <= self.size",
            message="overlap must be at most half of size",
            holds=lambda chunking: chunking.overlap * 2 <= chunking.size,
        ),
    )


class PdfParsing(ResourceModel):
    """How PDF files are read."""

    reader: PdfReader = Field(
        default=PdfReader.TEXT,
        description="text: the text that is in the file; ocr: where a page is a picture, text recognition, which the "
        "ingest image has to carry.",
    )


class Parsing(ResourceModel):
    """How documents become text."""

    pdf: PdfParsing = Field(default_factory=PdfParsing, description="How PDF files are read.")

    @property
    def identity(self) -> str:
        """What tells the texts apart that one document has when it is read in several ways; empty for the default."""
        return "" if self.pdf.reader is PdfReader.TEXT else f"pdf-{self.pdf.reader}"


class Index(ResourceModel):
    """The vector index."""

    profile: IndexProfile = Field(
        default=IndexProfile.FAST, description="fast: HNSW, memory: IVF_FLAT, exact: FLAT, auto: by the rows."
    )
    metric: Literal["COSINE"] = Field(
        default="COSINE", description="How vectors are compared; by COSINE, scores compare across models."
    )
    m: int = Field(default=16, ge=2, le=2048, description="HNSW: links a node.")
    ef_construction: int = Field(default=200, ge=8, le=4096, description="HNSW: candidates while building.")
    ef: int = Field(default=64, ge=1, le=32768, description="HNSW: candidates while searching.")


class Retrieval(ResourceModel):
    """How a question finds chunks."""

    mode: RetrievalMode = Field(default=RetrievalMode.HYBRID, description="The routes that a question takes.")
    fusion: Fusion = Field(
        default=Fusion.WEIGHTED, description="How both routes are joined: by their scores, or by reciprocal ranks."
    )
    top_k: int = Field(default=5, ge=1, le=100, description="Chunks that reach the prompt.")
    fetch_k: int = Field(default=20, ge=1, le=1000, description="Candidates a route, before fusing and reranking.")
    score_threshold: float = Field(default=0.0, ge=0, le=1, description="The least score of a chunk that is used.")
    rerank: bool = Field(default=False, description="Whether the reranker orders the candidates.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.topK <= self.fetchK",
            message="topK must not be greater than fetchK",
            holds=lambda retrieval: retrieval.top_k <= retrieval.fetch_k,
        ),
    )


class VectorStoreStorage(ResourceModel):
    """A Milvus of the knowledge base's own."""

    uri: WebAddress = Field(description="Its address.")
    secret_ref: SecretRef | None = Field(default=None, description="A Secret with KUBELORE_VECTOR_STORE_TOKEN.")


class ObjectStoreStorage(ResourceModel):
    """A bucket of the knowledge base's own."""

    url: Annotated[
        str,
        matching(
            r"https?://[^/?#@ \t\n]+/[^/?# \t\n]+",
            "must be the address of a bucket, such as https://s3.example.com/bucket",
        ),
    ] = Field(max_length=2048, description="Its address and bucket.")
    secret_ref: SecretRef | None = Field(
        default=None, description="A Secret with KUBELORE_S3_ACCESS_KEY and KUBELORE_S3_SECRET_KEY."
    )


class Storage(ResourceModel):
    """Where the data lies; default: the installation's stores."""

    vector_store: VectorStoreStorage | None = Field(default=None, description="In place of the installation's Milvus.")
    object_store: ObjectStoreStorage | None = Field(
        default=None, description="In place of the installation's object store."
    )


class SyncDeletions(StrEnum):
    """What happens to a document whose source is gone."""

    PROPAGATE = "Propagate"
    KEEP = "Keep"


class Sync(ResourceModel):
    """A prefix that the knowledge base is kept in step with."""

    bucket: str | None = Field(
        default=None,
        min_length=3,
        max_length=63,
        description="The bucket, of the store that `storage.objectStore` names; default: the knowledge base's own.",
    )
    prefix: str = Field(max_length=1024, description="The prefix of the sources.")
    glob: str = Field(
        default="**", min_length=1, max_length=255, description="Which of the keys under it, such as `**/*.md`."
    )
    schedule: Annotated[
        str,
        matching("([^ ]+ +){4}[^ ]+", "must be a cron expression of five fields, such as */15 * * * *"),
    ] = Field(default="*/15 * * * *", max_length=100, description="When, as a cron expression.")
    deletions: SyncDeletions = Field(
        default=SyncDeletions.PROPAGATE, description="What happens to a document whose source is gone."
    )
    max_deletion_percent: int = Field(
        default=50,
        ge=0,
        le=100,
        description="The greatest share of the documents that one run may delete; were it more, it deletes none and "
        "says so.",
    )


class Ingest(ResourceModel):
    """The Jobs that bring documents in."""

    parallelism: int = Field(default=2, ge=1, le=500, description="Pods that work on one task at once.")
    max_document_bytes: int = Field(
        default=100 * 1024 * 1024, ge=1, le=10 * 1024**3, description="The largest document that is taken."
    )
    max_scanned_pages: int = Field(
        default=MOST_SCANNED_PAGES,
        ge=1,
        le=10_000,
        description="The most pages of a document that text recognition reads; one with more is refused.",
    )
    resources: ResourceRequirements = Field(
        default_factory=lambda: ResourceRequirements(
            requests={"cpu": "250m", "memory": "768Mi"}, limits={"memory": "2Gi"}
        ),
        description="CPU and memory of an ingest pod.",
    )
    queue_name: DnsSubdomain | None = Field(default=None, description="The Kueue queue that Jobs wait in.")


class Generations(ResourceModel):
    """Which generation of the index answers, and how long the one before it is kept."""

    active: int | None = Field(
        default=None,
        ge=1,
        description="The generation that is to answer; default: the newest. One before that is kept is the way back.",
    )
    keep_seconds: int = Field(
        default=3600,
        ge=60,
        le=31_536_000,
        description="How long the generation before is kept, and filled along, after another took its place.",
    )


class Verify(ResourceModel):
    """How often what is searched is compared with what is kept."""

    interval_seconds: int | None = Field(
        default=None, ge=60, le=31_536_000, description="The time between two comparisons; none: only when asked for."
    )
    repair: bool = Field(default=False, description="Whether what doesn't fit is put right at once.")


class KnowledgeBaseSpec(ResourceModel):
    """What is wanted of a knowledge base."""

    embedding: Embedding = Field(description="The embedding model.")
    reranker: Reranker | None = Field(default=None, description="The reranking model.")
    chat: Chat = Field(default_factory=Chat, description="The chat model and what it is told.")
    parsing: Parsing = Field(default_factory=Parsing, description="How documents become text.")
    chunking: Chunking = Field(default_factory=Chunking, description="How documents are cut.")
    index: Index = Field(default_factory=Index, description="The vector index.")
    retrieval: Retrieval = Field(default_factory=Retrieval, description="How a question finds chunks.")
    storage: Storage = Field(default_factory=Storage, description="Where the data lies.")
    sync: Sync | None = Field(default=None, description="A prefix that it is kept in step with.")
    ingest: Ingest = Field(default_factory=Ingest, description="The Jobs that bring documents in.")
    generations: Generations = Field(
        default_factory=Generations, description="Which generation answers, and how long the one before is kept."
    )
    verify: Verify = Field(default_factory=Verify, description="How often the data are compared.")
    deletion_policy: DeletionPolicy = Field(
        default=DeletionPolicy.RETAIN, description="What becomes of rows and objects when the resource goes."
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!self.retrieval.rerank || has(self.reranker)",
            message="reranker must be set when retrieval.rerank is true",
            holds=lambda spec: not spec.retrieval.rerank or spec.reranker is not None,
        ),
        Rule(
            cel="!has(self.sync) || !has(self.sync.bucket) || has(self.storage.objectStore)",
            message="storage.objectStore must be set when sync.bucket is: the bucket is read with its credentials",
            holds=lambda spec: spec.sync is None or spec.sync.bucket is None or spec.storage.object_store is not None,
        ),
    )
    transitions: ClassVar[tuple[Transition, ...]] = (
        constant("storage.vectorStore.uri", _STORAGE_STAYS),
        constant("storage.objectStore.url", _STORAGE_STAYS),
    )


class IndexPlan(StatusModel):
    """An index with its parameters decided."""

    profile: IndexProfile = Field(default=IndexProfile.FAST, description="fast, memory or exact.")
    m: int = Field(default=16, description="HNSW: links a node.")
    ef_construction: int = Field(default=200, description="HNSW: candidates while building.")
    nlist: int = Field(default=128, description="IVF_FLAT: clusters.")


class Generation(StatusModel):
    """One generation of the index, and what it was built with."""

    number: int = Field(description="The generation.")
    fingerprint: str = Field(description="A hash of what its rows and its index were built with.")
    embedding: Embedding = Field(description="What its rows were embedded with.")
    parsing: Parsing = Field(default_factory=Parsing, description="How its documents became text.")
    chunking: Chunking = Field(description="How its documents were cut.")
    index: IndexPlan = Field(description="The index over its vectors.")
    replaced_at: str | None = Field(default=None, description="When another one took its place.")


class GenerationStatus(StatusModel):
    """The generation that answers, and those beside it."""

    active: int = Field(default=0, description="The generation that answers; 0: none yet.")
    building: int | None = Field(default=None, description="The generation that is being built.")
    progress: str | None = Field(default=None, description="How far it is, such as `12/80`.")
    answering: Generation | None = Field(default=None, description="What the answering one was built with.")
    next: Generation | None = Field(default=None, description="What the one that is being built is built with.")
    previous: Generation | None = Field(default=None, description="The one that answered before, if it is still kept.")
    outdated: tuple[int, ...] = Field(default=(), description="Generations whose rows are yet to be removed.")


class VerificationStatus(StatusModel):
    """What the last comparison found."""

    request: str | None = Field(default=None, description="What it was asked for with.")
    checked_at: str | None = Field(default=None, description="When it ended.")
    documents: int = Field(default=0, description="Documents that were compared.")
    rows: int = Field(default=0, description="Rows that the vector store held.")
    gaps: int = Field(default=0, description="Documents that lacked rows.")
    orphans: int = Field(default=0, description="Documents that are gone and of which rows or chunks were left.")
    repaired: int = Field(default=0, description="Documents that were put right.")
    missing: tuple[str, ...] = Field(default=(), description="What was missing as a whole: collection, alias.")
    examples: tuple[str, ...] = Field(default=(), description="The first of what was found.")


class KnowledgeBaseStatus(Status):
    """What is so of a knowledge base; `shards` is the workers' own, everything else the operator's."""

    documents: int = Field(default=0, description="Documents that can be found.")
    chunks: int = Field(default=0, description="Chunks that can be found.")
    counted_at: str | None = Field(default=None, description="When documents and chunks were counted.")
    collection: str | None = Field(default=None, description="The alias that searches ask.")
    dimension: int | None = Field(default=None, description="The length of the vectors.")
    shards: dict[str, dict[str, ShardProgress]] = Field(
        default_factory=dict,
        description="How far each worker is that fills a generation, by the generation; written by the workers.",
    )
    verification: VerificationStatus = Field(
        default_factory=VerificationStatus, description="What the last comparison found."
    )
    sync: SyncReport | None = Field(default=None, description="What the last sync came to.")
    generation: GenerationStatus = Field(
        default_factory=GenerationStatus, description="The generation that answers, and the one being built."
    )


class KnowledgeBase(Resource[KnowledgeBaseSpec, KnowledgeBaseStatus]):
    """Documents that are searched together."""

    info: ClassVar[Kind] = Kind(
        kind="KnowledgeBase",
        plural="knowledgebases",
        short_names=("kb",),
        columns=(
            PrinterColumn("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            PrinterColumn("Documents", ".status.documents", "integer"),
            PrinterColumn("Chunks", ".status.chunks", "integer"),
            PrinterColumn("Generation", ".status.generation.active", "integer", priority=1),
            PrinterColumn("Reason", '.status.conditions[?(@.type=="Ready")].reason', priority=1),
            PrinterColumn("Age", ".metadata.creationTimestamp", "date"),
        ),
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        name_matching(DNS_LABEL, 63, "lower-case letters, digits and -, beginning and ending with a letter or digit"),
    )

    kind: Literal["KnowledgeBase"] = "KnowledgeBase"
    status: KnowledgeBaseStatus = Field(default_factory=KnowledgeBaseStatus)
