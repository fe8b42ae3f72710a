"""Questions of many at the same moment, on Milvus Lite in this process."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.filters import Filter
from kubelore.vectorstore.interface import DenseQueries, Hit, SparseQueries
from kubelore.vectorstore.milvus import MilvusStore
from kubelore_api.access.caller import Caller
from kubelore_api.metrics import Metrics
from kubelore_api.rag.retrieve import Retriever, Scope
from kubelore_api.threads import Threads
from support.builders import knowledge_base
from support.gateway import Passage, builtin_embedder, fill

TENANTS = ("red", "blue")
ROOMS = 40
AT_ONCE = 64


class CountingStore(MilvusStore):
    """Counts its calls."""

    calls = 0

    def search_each(
        self, collection: str, where: Filter, queries: DenseQueries | SparseQueries
    ) -> Sequence[Sequence[Hit]]:
        self.calls += 1
        return super().search_each(collection, where, queries)


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    yield threads
    threads.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CountingStore]:
    settings = Settings(vector_store=str(tmp_path / "milvus.db"))
    passages = [
        Passage(f"{tenant}-{room}.md", f"Room {room} of the {tenant} house opens at {room % 12}.", tenant=tenant)
        for tenant in TENANTS
        for room in range(ROOMS)
    ]
    filling = make_vector_store(settings)
    fill(filling, knowledge_base().metadata.namespace, knowledge_base().metadata.name, passages)
    filling.close()
    store = CountingStore(settings.vector_store_uri)
    yield store
    store.close()


async def test_questions_of_two_tenants_find_together_exactly_what_they_find_alone(
    store: CountingStore, threads: Threads
) -> None:
    retriever = Retriever(store, threads, Metrics())
    scopes = [Scope(knowledge_base(), Caller(tenant)) for tenant in TENANTS]
    asked = [(f"When does room {number % ROOMS} open?", scopes[number % 2]) for number in range(AT_ONCE)]

    alone = [await retriever.retrieve(question, builtin_embedder(), scope) for question, scope in asked]
    calls_alone = store.calls
    together = await asyncio.gather(
        *(retriever.retrieve(question, builtin_embedder(), scope) for question, scope in asked)
    )

    assert [[(hit.row.id, hit.score) for hit in hits] for hits in together] == [
        [(hit.row.id, pytest.approx(hit.score, abs=1e-6)) for hit in hits] for hits in alone
    ]
    tenants = [{hit.row.tenant_id for hit in hits} for hits in together]
    assert tenants == [{scope.caller.tenant} for _, scope in asked]
    assert calls_alone == 2 * AT_ONCE
    assert store.calls - calls_alone < AT_ONCE
