"""Says what has become of a KnowledgeBase on a machine without a cluster."""

from datetime import datetime

from kubelore.clock import timestamp
from kubelore.documents.record import Failure
from kubelore.documents.result import TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.resolve import resolve_embedder
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.generations import prepared
from kubelore_operator.reconcile.storage import reachable, unreachable
from kubelore_operator.reconcile.sync import outcome_of, sync_failed

_REASONS = {
    ErrorCode.RESOURCE_NOT_FOUND: Reason.LLM_SERVER_NOT_FOUND,
    ErrorCode.RESOURCE_NOT_READY: Reason.LLM_SERVER_NOT_READY,
    ErrorCode.RESOURCE_INVALID: Reason.LLM_SERVER_UNSUITABLE,
}
_OWN_STORES = (
    "spec.storage names stores of its own, and on one machine all knowledge bases share theirs: remove it, "
    "or set KUBELORE_VECTOR_STORE and KUBELORE_OBJECT_STORE"
)


def embedder_of(kb: KnowledgeBase, server: LLMServer | None) -> EmbedderConfig | Finding:
    """Return the embedder of a knowledge base, or why it can't be Ready."""
    if kb.spec.storage.vector_store is not None or kb.spec.storage.object_store is not None:
        return _not_ready(Reason.INVALID_SPEC, _OWN_STORES)
    try:
        return resolve_embedder(kb, server, in_process=True)
    except KubeloreError as error:
        if error.code not in _REASONS:
            raise
        return _not_ready(_REASONS[error.code], f"{error.message}{_what_the_server_says(server)}")


def waiting(kb: KnowledgeBase, finding: Finding, now: datetime) -> KnowledgeBaseStatus:
    """Return the status of one that can't be Ready yet."""
    return report(kb, kb.status, now, finding)


def preparing(kb: KnowledgeBase, now: datetime) -> KnowledgeBaseStatus:
    """Return the status while its collection is made; one that answered before goes on answering."""
    if kb.status.is_true(ConditionType.READY):
        return kb.status
    return report(kb, kb.status, now, _not_ready(Reason.PREPARING_COLLECTION, "the collection is being made"))


def not_prepared(kb: KnowledgeBase, failure: Failure, now: datetime) -> KnowledgeBaseStatus:
    """Return the status after its collection could not be made."""
    not_ready = _not_ready(Reason.PREPARE_FAILED, f"{failure.message}; it is tried again")
    return report(kb, kb.status, now, not_ready, *unreachable(failure))


def ready(kb: KnowledgeBase, message: TerminationMessage, now: datetime) -> KnowledgeBaseStatus:
    """Return the status after its collection was made, or found."""
    status = prepared(kb, message) if kb.status.generation.active == 0 else kb.status
    answers = Finding(
        ConditionType.READY,
        status=True,
        reason=Reason.COLLECTION_READY,
        message=f"collection {status.collection} is ready",
    )
    counted = _with_loss(status, with_totals(status, message, now))
    return report(kb, counted, now, answers, reachable(message.abilities))


def _with_loss(before: KnowledgeBaseStatus, after: KnowledgeBaseStatus) -> KnowledgeBaseStatus:
    """Take note that the rows are gone that were counted last: the collection had to be made anew."""
    if after.chunks or not before.chunks:
        return after
    lost = after.verification.model_copy(update={"missing": ("collection",)})
    return after.model_copy(update={"verification": lost, "documents": before.documents, "chunks": before.chunks})


def after_sync(kb: KnowledgeBase, result: TerminationMessage | Failure, now: datetime) -> KnowledgeBaseStatus:
    """Return the status after a run of its sync."""
    if isinstance(result, Failure):
        return report(kb, kb.status, now, sync_failed(result.message))
    synced = kb.status.model_copy(update={"sync": result.sync or kb.status.sync})
    return report(kb, with_totals(synced, result, now), now, outcome_of(synced.sync))


def with_totals(status: KnowledgeBaseStatus, message: TerminationMessage, now: datetime) -> KnowledgeBaseStatus:
    """Take over what a worker counted, if it did."""
    totals = message.totals
    if totals is None:
        return status
    counted = {"documents": totals.documents, "chunks": totals.chunks, "counted_at": timestamp(now)}
    return status.model_copy(update=counted)


def _what_the_server_says(server: LLMServer | None) -> str:
    condition = server.status.condition(ConditionType.READY) if server is not None else None
    return f" ({condition.message})" if condition is not None and condition.message else ""


def _not_ready(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.READY, status=False, reason=reason, message=message)
