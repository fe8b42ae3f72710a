"""Has a cross-encoder order what retrieval found."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from kubelore.errors import KubeloreError
from kubelore.rerank.interface import Reranker
from kubelore.vectorstore.interface import Hit
from kubelore_api.metrics import Metrics
from kubelore_api.models import Models
from kubelore_api.rag.ranking import Ranking
from kubelore_api.rag.retrieve import Scope

_log = logging.getLogger(__name__)


async def reranked(question: str, hits: Sequence[Hit], scope: Scope, models: Models, metrics: Metrics) -> Ranking:
    """Return the best `fetchK` hits as the knowledge base's reranker orders them, where it reranks.

    A reranker that is away costs the better order, and not the answer: then the hits stay as they are.
    """
    if not scope.retrieval.rerank or not hits:
        return Ranking(hits)
    candidates = hits[: scope.retrieval.fetch_k]
    try:
        with metrics.rerank_seconds.time():
            return Ranking(await by_relevance(question, candidates, await models.reranker(scope.knowledge_base)))
    except KubeloreError as error:
        _log.warning("Keeping the order of retrieval: %s", error)
        metrics.rerank_failures.inc()
        return Ranking(hits, is_whole=False)


async def by_relevance(question: str, hits: Sequence[Hit], reranker: Reranker) -> list[Hit]:
    """Return the hits with the reranker's scores, best first."""
    scores = await reranker.scores(question, [hit.row.chunk_text for hit in hits])
    scored = [replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
    return sorted(scored, key=lambda hit: (-hit.score, hit.row.id))
