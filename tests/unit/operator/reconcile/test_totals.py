from datetime import UTC, datetime, timedelta

from kubelore.documents.result import KnowledgeBaseTotals, TerminationMessage
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore_operator.reconcile.observed import Ended
from kubelore_operator.reconcile.totals import with_totals

END = datetime(2026, 11, 1, 12, tzinfo=UTC)


def ended(documents: int, counted: float, finished: int) -> Ended:
    totals = KnowledgeBaseTotals(documents=documents, chunks=documents, counted_at=END + timedelta(seconds=counted))
    message = TerminationMessage(totals=totals).to_json()
    return Ended(exit_code=0, reason="Completed", message=message, finished_at=END + timedelta(seconds=finished))


def test_the_last_to_count_is_believed_and_not_the_last_to_end() -> None:
    counted_first, counted_last = ended(8, counted=0.2, finished=2), ended(14, counted=0.7, finished=1)

    first = with_totals(KnowledgeBaseStatus(), [counted_first])
    both = with_totals(first, [counted_last, counted_first])

    assert (first.documents, both.documents) == (8, 14)
    assert with_totals(both, [counted_first]) == both
