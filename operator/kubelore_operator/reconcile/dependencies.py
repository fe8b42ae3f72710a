"""What a resource waits for, and on whom."""

from collections.abc import Iterable, Sequence

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.resolve import resolve_embedder
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import GenerationSpec
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.generations import beside, with_settings_of
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import Generation, KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.reconcile.findings import Finding

_SERVER_REASONS = {
    ErrorCode.RESOURCE_NOT_FOUND: Reason.LLM_SERVER_NOT_FOUND,
    ErrorCode.RESOURCE_NOT_READY: Reason.LLM_SERVER_NOT_READY,
    ErrorCode.RESOURCE_INVALID: Reason.LLM_SERVER_UNSUITABLE,
}


def embedder_of(kb: KnowledgeBase, server: LLMServer | None, *, in_process: bool = False) -> EmbedderConfig | Finding:
    """Return the embedder of a knowledge base, or why it isn't Ready without one."""
    try:
        return resolve_embedder(kb, server, in_process=in_process)
    except KubeloreError as error:
        if error.code not in _SERVER_REASONS:
            raise
        message = error.message if server is None else f"{error.message}{_why(server)}"
        return Finding(ConditionType.READY, _SERVER_REASONS[error.code], message, status=False)


def embedder_of_generation(
    kb: KnowledgeBase, generation: Generation, servers: Iterable[LLMServer], *, in_process: bool = False
) -> EmbedderConfig | Finding:
    """Return the embedder that one generation is built with, or why it can't be built."""
    server = server_of_generation(generation, servers)
    return embedder_of(with_settings_of(kb, generation), server, in_process=in_process)


def server_of_generation(generation: Generation, servers: Iterable[LLMServer]) -> LLMServer | None:
    """Return the LLMServer that one generation embeds with, where it is there."""
    reference = generation.embedding.llm_server_ref
    return next((server for server in servers if reference and server.metadata.name == reference.name), None)


def companions(
    kb: KnowledgeBase, servers: Sequence[LLMServer], *, in_process: bool = False
) -> tuple[GenerationSpec, ...]:
    """Return the generations that a task's documents go to as well, as far as they can be embedded for."""
    found = ((each, embedder_of_generation(kb, each, servers, in_process=in_process)) for each in beside(kb))
    return tuple(
        GenerationSpec(generation=each.number, embedding=embedder, parsing=each.parsing, chunking=each.chunking)
        for each, embedder in found
        if not isinstance(embedder, Finding)
    )


def missing_knowledge_base(task: IngestTask, kb: KnowledgeBase | None) -> Finding | None:
    """Say why a task can't start yet, or None if its knowledge base is there and Ready."""
    name = f"KnowledgeBase {task.metadata.namespace}/{task.spec.knowledge_base_ref.name}"
    if kb is None:
        return _waiting(Reason.KNOWLEDGE_BASE_NOT_FOUND, f"{name} does not exist yet; the task starts when it does")
    if kb.is_being_deleted:
        return _waiting(Reason.KNOWLEDGE_BASE_NOT_READY, f"{name} is being deleted")
    if not kb.status.is_true(ConditionType.READY):
        return _waiting(
            Reason.KNOWLEDGE_BASE_NOT_READY, f"{name} is not ready yet; the task starts when it is{_why(kb)}"
        )
    return None


def _waiting(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.SUCCEEDED, reason, message, status=None)


def _why(resource: KnowledgeBase | LLMServer) -> str:
    ready = resource.status.condition(ConditionType.READY)
    return f" ({ready.reason})" if ready is not None else ""
