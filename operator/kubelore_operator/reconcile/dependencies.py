"""What a resource waits for, and on whom."""

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.resolve import resolve_embedder
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.reconcile.findings import Finding

_SERVER_REASONS = {
    ErrorCode.RESOURCE_NOT_FOUND: Reason.LLM_SERVER_NOT_FOUND,
    ErrorCode.RESOURCE_NOT_READY: Reason.LLM_SERVER_NOT_READY,
    ErrorCode.RESOURCE_INVALID: Reason.LLM_SERVER_UNSUITABLE,
}


def embedder_of(kb: KnowledgeBase, server: LLMServer | None) -> EmbedderConfig | Finding:
    """Return the embedder of a knowledge base, or why it isn't Ready without one."""
    try:
        return resolve_embedder(kb, server, in_process=False)
    except KubeloreError as error:
        if error.code not in _SERVER_REASONS:
            raise
        message = error.message if server is None else f"{error.message}{_why(server)}"
        return Finding(ConditionType.READY, _SERVER_REASONS[error.code], message, status=False)


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
