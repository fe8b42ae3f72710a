"""Decides which embedder a knowledge base uses, from the resources alone."""

from kubelore.embedding.config import BUILTIN_MODEL, EmbedderConfig
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.knowledge_base import Embedding, KnowledgeBase
from kubelore.resources.llm_server import Engine, LLMServer, Task
from kubelore.resources.precision import Precision


def resolve_embedder(kb: KnowledgeBase, server: LLMServer | None, *, in_process: bool) -> EmbedderConfig:
    """Return the embedder of a knowledge base.

    `server` is the LLMServer that its reference names, or None. With `in_process` (a laptop) an LLMServer of engine
    `embedder` is the built-in model of this process.

    Raises KubeloreError RESOURCE_NOT_FOUND, RESOURCE_INVALID (it serves no embeddings) or RESOURCE_NOT_READY.
    """
    wanted = kb.spec.embedding
    if wanted.llm_server_ref is None:
        return _builtin(wanted, wanted.precision)
    subject = f"LLMServer {kb.metadata.namespace}/{wanted.llm_server_ref.name}"
    if server is None:
        raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, subject)
    if Task.EMBEDDING not in server.spec.serves:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, subject, "spec.serves does not hold embedding")
    if in_process and is_builtin(server):
        return _builtin(wanted, server.spec.model.precision)
    if server.status.endpoint is None or not server.status.is_true("Ready"):
        raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, subject)
    return _served(wanted, server, server.status.endpoint)


def is_builtin(server: LLMServer) -> bool:
    """Say whether an LLMServer serves the model that is built in, so that a laptop runs it in its own process."""
    return server.spec.engine is Engine.EMBEDDER and server.spec.model.source is None


def _builtin(wanted: Embedding, precision: Precision) -> EmbedderConfig:
    return EmbedderConfig(
        backend="builtin",
        model=BUILTIN_MODEL,
        dimension=wanted.dimension,
        query_prefix=wanted.query_prefix,
        passage_prefix=wanted.passage_prefix,
        precision=precision,
    )


def _served(wanted: Embedding, server: LLMServer, endpoint: str) -> EmbedderConfig:
    return EmbedderConfig(
        backend="openai",
        model=wanted.model or server.spec.model.name,
        base_url=endpoint,
        dimension=wanted.dimension,
        query_prefix=wanted.query_prefix,
        passage_prefix=wanted.passage_prefix,
    )
