import json

import numpy as np
import pytest

from kubelore_embedder.embedding_wire import MAX_CHARACTERS
from kubelore_embedder.errors import ParameterError
from kubelore_embedder.rerank_wire import MAX_DOCUMENTS, read_rerank_request, write_results

SCORES = np.array([0.2, 0.9, 0.5], dtype=np.float32)


def _body(**fields: object) -> bytes:
    return json.dumps({"model": "m", "query": "q", "documents": ["a", "b", "c"], **fields}).encode()


def _results(**fields: object) -> list[tuple[int, object]]:
    answer = json.loads(write_results(read_rerank_request(_body(**fields)), SCORES, tokens=7))
    assert answer["usage"]["total_tokens"] == 7
    return [(result["index"], result.get("document")) for result in answer["results"]]


def test_the_best_come_first_by_their_index() -> None:
    assert _results() == [(1, None), (2, None), (0, None)]


def test_as_many_as_are_wanted_come_with_their_texts() -> None:
    assert _results(top_n=1, return_documents=True) == [(1, {"text": "b"})]


def test_documents_may_be_objects() -> None:
    assert read_rerank_request(_body(documents=[{"text": "a"}, "b"])).documents == ("a", "b")


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"documents": []}, "documents"),
        ({"documents": "a"}, "documents"),
        ({"documents": [{"title": "a"}]}, "documents"),
        ({"documents": ["a"] * (MAX_DOCUMENTS + 1)}, "documents"),
        ({"documents": ["a" * (MAX_CHARACTERS + 1)]}, "documents"),
        ({"query": None}, "query"),
        ({"top_n": 0}, "top_n"),
        ({"model": 3}, "model"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], parameter: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        read_rerank_request(_body(**fields))

    assert refusal.value.parameter == parameter
