import asyncio
from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.filters import And, Compare, Comparison, Filter, Literal
from kubelore.vectorstore.interface import DenseQueries, DenseQuery, Hit, SparseQueries, SparseQuery, VectorStore
from kubelore_api.metrics import Metrics
from kubelore_api.rag.search import Query, Searches
from kubelore_api.threads import Threads
from support.hits import hit

Queries = DenseQueries | SparseQueries


class EchoingStore:
    """Finds for each question a row that is named after it, and keeps what it was asked."""

    def __init__(self, error: KubeloreError | None = None) -> None:
        self.calls: list[tuple[str, Filter, Queries]] = []
        self._error = error

    def search_each(self, collection: str, where: Filter, queries: Queries) -> Sequence[Sequence[Hit]]:
        self.calls.append((collection, where, queries))
        questions = queries.vectors if isinstance(queries, DenseQueries) else queries.texts
        if self._error is not None and len(questions) > 1:
            raise self._error
        return [(hit(f"{collection} {question}"),) for question in questions]


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(2)
    yield threads
    threads.close()


def of_tenant(name: Literal) -> Filter:
    return And([Compare("metadata.tenant", Comparison.EQ, name)])


def dense(number: float, limit: int = 5, ef: int = 64) -> DenseQuery:
    return DenseQuery((number,), limit, ef)


async def found(
    store: EchoingStore, threads: Threads, *asked: tuple[str, Filter, Query]
) -> list[Sequence[Hit] | BaseException]:
    searches = Searches(cast("VectorStore", store), threads, Metrics())
    return await asyncio.gather(*(searches.find(*each) for each in asked), return_exceptions=True)


def row_ids(results: Sequence[Sequence[Hit] | BaseException]) -> list[str]:
    return [result[0].row.id for result in results if not isinstance(result, BaseException)]


async def test_questions_that_differ_in_their_vectors_alone_are_one_call(threads: Threads) -> None:
    store = EchoingStore()
    results = await found(store, threads, *(("c", of_tenant("a"), dense(float(number))) for number in range(3)))
    assert row_ids(results) == ["c (0.0,)", "c (1.0,)", "c (2.0,)"]
    assert store.calls == [("c", of_tenant("a"), DenseQueries([(0.0,), (1.0,), (2.0,)], 5, 64))]


async def test_questions_that_differ_in_their_texts_alone_are_one_call(threads: Threads) -> None:
    store = EchoingStore()
    asked = [("c", of_tenant("a"), SparseQuery(text, 5)) for text in ("cats", "hours")]
    assert row_ids(await found(store, threads, *asked)) == ["c cats", "c hours"]
    assert store.calls == [("c", of_tenant("a"), SparseQueries(["cats", "hours"], 5))]


@pytest.mark.parametrize(
    "other",
    [
        ("other", of_tenant(1), dense(2.0)),
        ("c", of_tenant(2), dense(2.0)),
        ("c", of_tenant("1"), dense(2.0)),
        ("c", of_tenant(name=True), dense(2.0)),
        ("c", of_tenant(1), dense(2.0, limit=6)),
        ("c", of_tenant(1), dense(2.0, ef=65)),
        ("c", of_tenant(1), SparseQuery("2.0", 5)),
    ],
)
async def test_questions_that_differ_in_anything_else_share_no_call(
    threads: Threads, other: tuple[str, Filter, Query]
) -> None:
    store = EchoingStore()
    await found(store, threads, ("c", of_tenant(1), dense(1.0)), other)
    assert len(store.calls) == 2


async def test_a_call_is_bounded_by_its_questions_and_by_the_rows_that_they_want(threads: Threads) -> None:
    store = EchoingStore()
    await found(store, threads, *(("few", of_tenant("a"), dense(float(number))) for number in range(65)))
    await found(store, threads, *(("many", of_tenant("a"), dense(float(number), limit=1000)) for number in range(5)))
    sizes = [(name, len(queries.vectors)) for name, _, queries in store.calls if isinstance(queries, DenseQueries)]
    assert sizes == [("few", 64), ("few", 1), ("many", 4), ("many", 1)]


async def test_questions_that_are_refused_together_are_asked_apart(threads: Threads) -> None:
    store = EchoingStore(KubeloreError(ErrorCode.VECTOR_STORE_REFUSED, "c"))
    results = await found(store, threads, *(("c", of_tenant("a"), dense(float(number))) for number in range(3)))
    assert row_ids(results) == ["c (0.0,)", "c (1.0,)", "c (2.0,)"]


async def test_a_store_that_is_away_is_not_asked_again_for_each(threads: Threads) -> None:
    store = EchoingStore(KubeloreError(ErrorCode.VECTOR_STORE_UNREACHABLE, "c"))
    results = await found(store, threads, *(("c", of_tenant("a"), dense(float(number))) for number in range(3)))
    assert [type(result) for result in results] == [KubeloreError] * 3
    assert len(store.calls) == 1


async def test_a_filter_that_cannot_be_written_is_its_questions_alone(threads: Threads) -> None:
    store = EchoingStore()
    wrong = Compare("nothing", Comparison.EQ, "x")
    results = await found(store, threads, ("c", wrong, dense(1.0)), ("c", of_tenant("a"), dense(2.0)))
    assert isinstance(results[0], KubeloreError)
    assert row_ids(results) == ["c (2.0,)"]
