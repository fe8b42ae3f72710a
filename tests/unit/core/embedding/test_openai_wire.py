import base64
import json

import numpy as np
import pytest

from kubelore.embedding.openai_wire import read_answer
from kubelore.errors import ErrorCode, KubeloreError

ENDPOINT = "http://embedder.test/v1"


def _body(*vectors: object, **usage: object) -> bytes:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode()


def _base64(*values: float) -> str:
    return base64.b64encode(np.array(values, dtype="<f4").tobytes()).decode()


def test_base64_and_numbers_are_the_same() -> None:
    vectors, _ = read_answer(_body(_base64(0.6, 0.8), [0.6, 0.8]), 2, ENDPOINT)

    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[1])


def test_vectors_are_normalised_but_for_those_without_a_direction() -> None:
    vectors, _ = read_answer(_body([3, 4], [0, 0]), 2, ENDPOINT)

    assert vectors.tolist() == [pytest.approx([0.6, 0.8]), [0, 0]]


def test_vectors_are_put_into_the_order_of_the_texts() -> None:
    answer = json.loads(_body([1, 0], [0, 1]))
    answer["data"].reverse()

    vectors, _ = read_answer(json.dumps(answer).encode(), 2, ENDPOINT)

    assert vectors.tolist() == [[1, 0], [0, 1]]


def test_the_known_share_is_one_where_the_server_does_not_tell() -> None:
    assert read_answer(_body([1.0], known_share=0.25, prompt_tokens=3), 1, ENDPOINT)[1] == 0.25
    assert read_answer(_body([1.0], prompt_tokens=3), 1, ENDPOINT)[1] == 1.0


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"<html>", "no list of embeddings"),
        (b'{"object": "error"}', "no list of embeddings"),
        (_body("not base64!"), "no list of embeddings"),
        (_body("AAA="), "no list of embeddings"),
        (_body([1.0, 2.0], [1.0]), "no list of embeddings"),
        (_body([1.0]), "1 vectors for 2 texts"),
        (_body([1.0], [2.0], [3.0]), "3 vectors for 2 texts"),
        (_body(_base64(float("nan")), [1.0]), "no number"),
    ],
)
def test_what_is_no_answer_to_the_request_is_refused(body: bytes, found: str) -> None:
    with pytest.raises(KubeloreError, match=found) as refusal:
        read_answer(body, 2, ENDPOINT)

    assert refusal.value.code is ErrorCode.EMBEDDER_REFUSED
    assert refusal.value.subject == ENDPOINT
