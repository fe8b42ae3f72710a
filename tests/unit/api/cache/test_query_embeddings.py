import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.interface import QueryEmbedding, Vectors
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.cache.memory import MemoryCache
from kubelore_api.cache.query_embeddings import CachedQueries

CONFIG = EmbedderConfig(backend="openai", model="bge", base_url="http://embedder/v1")
DEADLINE = 60


class FakeEmbedder:
    """Counts what it is asked, and answers when it may."""

    model = "fake"
    dimension = 2

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.error: KubeloreError | None = None

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError

    def embed_query(self, text: str) -> QueryEmbedding:
        self.asked.append(text)
        assert self.may_answer.wait(DEADLINE)
        if self.error:
            raise self.error
        return QueryEmbedding((float(len(text)), 0.5), known_share=0.25)

    def close(self) -> None:
        """Hold nothing."""


def cached(
    embedder: FakeEmbedder, cache: MemoryCache, config: EmbedderConfig = CONFIG, notes: list[str] | None = None
) -> CachedQueries:
    return CachedQueries(embedder, config, cache, 60, (notes if notes is not None else []).append)


def test_a_question_is_embedded_once() -> None:
    embedder, notes = FakeEmbedder(), list[str]()
    queries = cached(embedder, MemoryCache(10_000), notes=notes)
    assert [queries.embed_query("why") for _ in range(3)] == [QueryEmbedding((3.0, 0.5), 0.25)] * 3
    assert (embedder.asked, notes) == (["why"], ["miss", "hit", "hit"])


@pytest.mark.parametrize("changed", [{"model": "other"}, {"query_prefix": "query: "}, {"base_url": "http://other/v1"}])
def test_nothing_is_shared_between_configurations(changed: dict[str, str]) -> None:
    embedder, cache = FakeEmbedder(), MemoryCache(10_000)
    cached(embedder, cache).embed_query("why")
    cached(embedder, cache, CONFIG.model_copy(update=changed)).embed_query("why")
    assert embedder.asked == ["why", "why"]


def test_of_many_who_ask_at_once_one_reaches_the_model() -> None:
    embedder = FakeEmbedder()
    embedder.may_answer.clear()
    queries = cached(embedder, MemoryCache(10_000))
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(queries.embed_query, "why") for _ in range(8)]
        embedder.may_answer.set()
        assert {answer.result(DEADLINE) for answer in answers} == {QueryEmbedding((3.0, 0.5), 0.25)}
    assert embedder.asked == ["why"]


def test_a_failure_is_not_kept() -> None:
    embedder = FakeEmbedder()
    embedder.error = KubeloreError(ErrorCode.EMBEDDER_UNREACHABLE, "the embedder")
    queries = cached(embedder, MemoryCache(10_000))
    with pytest.raises(KubeloreError):
        queries.embed_query("why")
    embedder.error = None
    assert queries.embed_query("why").vector == (3.0, 0.5)


@pytest.mark.parametrize("spoilt", [b"", b"12345678", b"123456789"])
def test_what_is_kept_but_is_no_vector_counts_as_nothing(spoilt: bytes) -> None:
    class SpoiltCache(MemoryCache):
        def get(self, key: str) -> bytes | None:  # noqa: ARG002 - every value is spoilt
            return spoilt

    embedder = FakeEmbedder()
    assert cached(embedder, SpoiltCache(10_000)).embed_query("why").vector == (3.0, 0.5)
