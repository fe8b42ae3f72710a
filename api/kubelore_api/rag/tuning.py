"""What one question changes of how its knowledge base is searched."""

from dataclasses import dataclass
from typing import TypeVar

from kubelore.resources.knowledge_base import KnowledgeBase, Retrieval, RetrievalMode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tuning:
    """Values in place of the knowledge base's; None leaves its own. `ef` is the breadth of an HNSW search."""

    mode: RetrievalMode | None = None
    top_k: int | None = None
    score_threshold: float | None = None
    ef: int | None = None

    def retrieval(self, kb: KnowledgeBase) -> Retrieval:
        """Return how the question is searched; as many candidates are fetched as results are wanted, at least."""
        own = kb.spec.retrieval
        top_k = _or(self.top_k, own.top_k)
        return own.model_copy(
            update={
                "mode": _or(self.mode, own.mode),
                "top_k": top_k,
                "fetch_k": max(own.fetch_k, top_k),
                "score_threshold": _or(self.score_threshold, own.score_threshold),
            }
        )

    def breadth(self, kb: KnowledgeBase) -> int:
        """Return the `ef` of the question's search, never less than the candidates that it fetches."""
        return max(_or(self.ef, kb.spec.index.ef), self.retrieval(kb).fetch_k)


def _or(wanted: T | None, own: T) -> T:
    return own if wanted is None else wanted
