"""Decides which routes a question takes: by its vector, by its words, or both."""

from dataclasses import dataclass

from kubelore.embedding.interface import QueryEmbedding
from kubelore.resources.knowledge_base import RetrievalMode

LEAST_KNOWN_SHARE = 0.9
"""Below it, the dense route is noise: a BERT vocabulary of English knows all of an English question's characters,
and a fifth of a Chinese one's."""


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes that are open to a knowledge base's questions."""

    dense: bool
    sparse: bool


def open_routes(mode: RetrievalMode, *, bm25: bool) -> Routes:
    """Return the routes of a mode; an engine without BM25 leaves the dense one to every mode."""
    if not bm25:
        return Routes(dense=True, sparse=False)
    return Routes(dense=mode is not RetrievalMode.SPARSE, sparse=mode is not RetrievalMode.DENSE)


def is_understood(question: QueryEmbedding) -> bool:
    """Say whether the embedder knows the question's script well enough for its vector to mean something."""
    return question.known_share >= LEAST_KNOWN_SHARE
