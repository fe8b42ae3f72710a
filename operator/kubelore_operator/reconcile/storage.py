"""Whether a knowledge base's stores answer, as its workers found them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from kubelore.documents.record import Failure
from kubelore.errors import Component
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Ended
from kubelore_operator.reconcile.reports import parse_report

_STORES = {Component.OBJECT_STORE, Component.VECTOR_STORE}
_BM25 = "bm25"
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def reachable(abilities: Sequence[str] = ()) -> Finding:
    """Say that both stores answered, and what the vector store can do."""
    can = f"; the vector store can do {', '.join(abilities)}" if abilities else ""
    if abilities and _BM25 not in abilities:
        can += "; it has no BM25, which takes Milvus 2.5: every question is searched by its meaning alone"
    return Finding(ConditionType.STORAGE_REACHABLE, Reason.STORAGE_REACHABLE, f"both stores answer{can}", status=True)


def unreachable(failure: Failure) -> tuple[Finding, ...]:
    """Say that a store didn't answer, if that is what the failure is about."""
    if failure.component not in _STORES:
        return ()
    return (Finding(ConditionType.STORAGE_REACHABLE, Reason.STORAGE_UNREACHABLE, failure.message, status=False),)


def storage_after(status: KnowledgeBaseStatus, reports: Iterable[Ended]) -> tuple[Finding, ...]:
    """Judge by the worker that ended last, where that changes anything."""
    ended = max(reports, default=None, key=lambda ended: ended.finished_at or _EARLIEST)
    message = parse_report(ended) if ended is not None else None
    if message is None:
        return ()
    for failure in message.failures:
        if failure.component in _STORES:
            return unreachable(failure)
    return () if status.is_true(ConditionType.STORAGE_REACHABLE) else (reachable(),)
