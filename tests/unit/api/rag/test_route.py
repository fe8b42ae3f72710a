import pytest

from kubelore.embedding.interface import QueryEmbedding
from kubelore.resources.knowledge_base import RetrievalMode
from kubelore_api.rag.route import Routes, is_understood, open_routes


@pytest.mark.parametrize(
    ("mode", "routes"),
    [
        (RetrievalMode.HYBRID, Routes(dense=True, sparse=True)),
        (RetrievalMode.DENSE, Routes(dense=True, sparse=False)),
        (RetrievalMode.SPARSE, Routes(dense=False, sparse=True)),
    ],
)
def test_a_mode_opens_its_routes(mode: RetrievalMode, routes: Routes) -> None:
    assert open_routes(mode, bm25=True) == routes


@pytest.mark.parametrize("mode", RetrievalMode)
def test_an_engine_without_bm25_leaves_the_dense_route(mode: RetrievalMode) -> None:
    assert open_routes(mode, bm25=False) == Routes(dense=True, sparse=False)


@pytest.mark.parametrize(("share", "understood"), [(1.0, True), (0.9, True), (0.78, False), (0.0, False)])
def test_a_question_is_understood_when_the_tokenizer_knows_its_characters(share: float, *, understood: bool) -> None:
    assert is_understood(QueryEmbedding((0.0,), share)) is understood
