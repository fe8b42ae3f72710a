"""What a knowledge base holds, as its workers counted it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from kubelore.documents.result import KnowledgeBaseTotals
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore_operator.reconcile.observed import Ended
from kubelore_operator.reconcile.reports import parse_report


def with_totals(status: KnowledgeBaseStatus, reports: Iterable[Ended]) -> KnowledgeBaseStatus:
    """Take over the latest count, unless the status holds a later one from a pod that has gone."""
    latest = max(_counts(reports), default=None, key=lambda count: count[0])
    if latest is None or (status.counted_at is not None and latest[0] <= datetime.fromisoformat(status.counted_at)):
        return status
    moment, totals = latest
    counted_at = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return status.model_copy(update={"documents": totals.documents, "chunks": totals.chunks, "counted_at": counted_at})


def _counts(reports: Iterable[Ended]) -> Iterable[tuple[datetime, KnowledgeBaseTotals]]:
    for ended in reports:
        message = parse_report(ended)
        if ended.finished_at is not None and message is not None and message.totals is not None:
            yield message.totals.counted_at or ended.finished_at, message.totals
