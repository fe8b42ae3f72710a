import logging
from collections.abc import Sequence
from typing import cast

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.rerank.interface import Reranker
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_api.access.caller import Caller
from kubelore_api.metrics import Metrics
from kubelore_api.models import Models
from kubelore_api.rag.rerank import reranked
from kubelore_api.rag.retrieve import Scope
from support.builders import knowledge_base
from support.hits import hit

JUDGED = {"reranker": {"llmServerRef": {"name": "judge"}}}
FOUND = [hit("first", 0.9, text="a"), hit("second", 0.8, text="bbb"), hit("third", 0.7, text="bb")]


class FakeReranker:
    """Likes long passages."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[str]]] = []

    async def scores(self, question: str, passages: Sequence[str]) -> Sequence[float]:
        self.asked.append((question, passages))
        return [len(passage) / 10 for passage in passages]


class FakeModels:
    """Has a reranker, or not."""

    def __init__(self, reranker: Reranker | None = None) -> None:
        self._reranker = reranker

    async def reranker(self, kb: KnowledgeBase) -> Reranker:
        if self._reranker is None:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, str(kb.key), "LLMServer judge")
        return self._reranker


def scope(*, rerank: bool = True, **retrieval: object) -> Scope:
    kb = knowledge_base(**JUDGED, retrieval={"rerank": rerank, **retrieval})
    return Scope(kb, Caller("default", frozenset()))


async def order(models: FakeModels, scope: Scope, metrics: Metrics | None = None) -> list[tuple[str, float]]:
    ranking = await reranked("why", FOUND, scope, cast("Models", models), metrics or Metrics())
    return [(hit.row.id, hit.score) for hit in ranking.hits]


async def test_hits_are_ordered_and_scored_by_the_reranker() -> None:
    reranker = FakeReranker()

    assert await order(FakeModels(reranker), scope()) == [("second", 0.3), ("third", 0.2), ("first", 0.1)]
    assert reranker.asked == [("why", ["a", "bbb", "bb"])]


async def test_no_more_than_the_candidates_are_judged() -> None:
    judged = await order(FakeModels(FakeReranker()), scope(topK=1, fetchK=2))

    assert judged == [("second", 0.3), ("first", 0.1)]


async def test_a_knowledge_base_that_does_not_rerank_keeps_its_order() -> None:
    reranker = FakeReranker()

    assert [row for row, _ in await order(FakeModels(reranker), scope(rerank=False))] == ["first", "second", "third"]
    assert reranker.asked == []


async def test_a_reranker_that_is_away_leaves_the_order_and_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()

    with caplog.at_level(logging.WARNING):
        hits = await order(FakeModels(), scope(), metrics)

    assert hits == [("first", 0.9), ("second", 0.8), ("third", 0.7)]
    assert b"rag_rerank_failures_total 1.0" in metrics.render()
    assert "LLMServer judge" in caplog.text
