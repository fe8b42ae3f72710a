"""The interface a reranking model implements."""

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Judges how well passages answer a question."""

    async def scores(self, question: str, passages: Sequence[str]) -> Sequence[float]:
        """Return each passage's relevance, between 0 and 1, in the order of the passages.

        Raises KubeloreError RERANKER_UNREACHABLE (a retry may help) or RERANKER_REFUSED.
        """
        ...
