from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from kubelore.embedding.interface import Embedder, QueryEmbedding
from kubelore.resources.knowledge_base import RetrievalMode
from kubelore.vectorstore.filters import Filter
from kubelore.vectorstore.interface import Abilities, DenseQueries, Hit, SparseQueries, VectorStore
from kubelore_api.access.caller import Caller
from kubelore_api.metrics import Metrics
from kubelore_api.rag.retrieve import Retriever, Scope
from kubelore_api.rag.tuning import Tuning
from kubelore_api.threads import Threads
from support.builders import knowledge_base
from support.hits import hit


class FakeEmbedder:
    """Knows a fixed share of every question."""

    model = "fake"

    def __init__(self, known_share: float) -> None:
        self._known_share = known_share

    def embed_query(self, text: str) -> QueryEmbedding:
        return QueryEmbedding((float(len(text)),), self._known_share)


class FakeStore:
    """Returns the same rows whatever the filter says, and remembers the searches."""

    def __init__(self, dense: Sequence[Hit], sparse: Sequence[Hit], *, bm25: bool = True) -> None:
        self._dense = dense
        self._sparse = sparse
        self._bm25 = bm25
        self.filters: list[Filter] = []
        self.queries: list[DenseQueries | SparseQueries] = []

    def abilities(self) -> Abilities:
        return Abilities("fake", bm25=self._bm25, hybrid=self._bm25, partition_key=True, nullable=True)

    def search_each(
        self, _collection: str, where: Filter, queries: DenseQueries | SparseQueries
    ) -> Sequence[Sequence[Hit]]:
        self.filters.append(where)
        self.queries.append(queries)
        return [self._dense] if isinstance(queries, DenseQueries) else [self._sparse]


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(2)
    yield threads
    threads.close()


async def retrieve(store: FakeStore, threads: Threads, known_share: float = 1.0, mode: str = "hybrid") -> list[str]:
    scope = Scope(knowledge_base(retrieval={"mode": mode}), Caller("default", frozenset({"staff"})))
    retriever = Retriever(cast("VectorStore", store), threads, Metrics())
    hits = await retriever.retrieve("why", cast("Embedder", FakeEmbedder(known_share)), scope)
    return [found.row.id for found in hits]


async def test_a_hybrid_question_takes_both_routes(threads: Threads) -> None:
    store = FakeStore([hit("meaning")], [hit("words", 9.0)])
    assert sorted(await retrieve(store, threads)) == ["meaning", "words"]


async def test_a_question_that_the_embedder_does_not_know_goes_by_its_words_alone(threads: Threads) -> None:
    store = FakeStore([hit("noise")], [hit("words", 9.0)])
    assert await retrieve(store, threads, known_share=0.2) == ["words"]
    assert [type(queries) for queries in store.queries] == [SparseQueries]


async def test_without_bm25_even_an_unknown_question_goes_by_its_vector(threads: Threads) -> None:
    store = FakeStore([hit("meaning")], [], bm25=False)
    assert await retrieve(store, threads, known_share=0.2) == ["meaning"]


async def test_a_dense_knowledge_base_is_obeyed_whatever_the_embedder_knows(threads: Threads) -> None:
    store = FakeStore([hit("meaning")], [hit("words")])
    assert await retrieve(store, threads, known_share=0.2, mode="dense") == ["meaning"]


async def test_a_sparse_knowledge_base_embeds_nothing(threads: Threads) -> None:
    store = FakeStore([hit("meaning")], [hit("words")])
    assert await retrieve(store, threads, mode="sparse") == ["words"]


async def test_rows_that_an_engine_should_not_have_returned_are_dropped(
    threads: Threads, caplog: pytest.LogCaptureFixture
) -> None:
    store = FakeStore(
        [hit("mine"), hit("theirs", tenant="other"), hit("bosses", groups=["bosses"]), hit("staff", groups=["staff"])],
        [hit("theirs too", tenant="other")],
    )
    assert sorted(await retrieve(store, threads)) == ["mine", "staff"]
    assert "3 rows that its filter excludes" in caplog.text


async def test_every_route_searches_under_the_callers_filter(threads: Threads) -> None:
    store = FakeStore([], [])
    await retrieve(store, threads)
    assert len(store.filters) == 2
    assert all("tenant_id" in repr(where) and "staff" in repr(where) for where in store.filters)


async def test_a_question_may_set_its_own_breadth_and_number_of_results(threads: Threads) -> None:
    store = FakeStore([], [])
    tuning = Tuning(top_k=40, ef=300, mode=RetrievalMode.DENSE)
    scope = Scope(knowledge_base(retrieval={"fetchK": 20}), Caller("default"), tuning=tuning)
    retriever = Retriever(cast("VectorStore", store), threads, Metrics())
    await retriever.retrieve("why", cast("Embedder", FakeEmbedder(1.0)), scope)
    assert store.queries == [DenseQueries([(3.0,)], limit=40, ef=300)]
