import base64
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kubelore_embedder.embedding_wire import MAX_CHARACTERS, MAX_INPUTS, read_request, write_answer
from kubelore_embedder.errors import ParameterError

VECTORS = np.array([[0.6, 0.8], [1.0, 0.0]], dtype=np.float32)


def _body(**fields: object) -> bytes:
    return json.dumps({"model": "m", "input": "x", **fields}).encode()


def test_one_text_is_a_list_of_one() -> None:
    assert read_request(_body(input="hello")).texts == ("hello",)


def test_the_limits_themselves_are_allowed() -> None:
    assert len(read_request(_body(input=["x"] * MAX_INPUTS)).texts) == MAX_INPUTS
    assert len(read_request(_body(input="x" * MAX_CHARACTERS)).texts[0]) == MAX_CHARACTERS


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_whatever_is_sent_is_read_or_refused_with_its_parameter(content: object) -> None:
    body = content if isinstance(content, bytes) else _body(input=content)
    try:
        request = read_request(body)
    except ParameterError as error:
        assert error.parameter in {"body", "model", "input"}  # noqa: PT017 - either way is right
    else:
        assert all(isinstance(text, str) for text in request.texts)


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_texts_arrive_as_they_were_sent(texts: list[str]) -> None:
    assert read_request(_body(input=texts)).texts == tuple(texts)


def test_numbers_and_base64_hold_the_same_vectors() -> None:
    numbers, packed = (
        json.loads(write_answer(read_request(_body(encoding_format=form)), VECTORS, prompt_tokens=7, known_share=None))
        for form in ("float", "base64")
    )

    decoded = [np.frombuffer(base64.b64decode(item["embedding"]), "<f4").tolist() for item in packed["data"]]
    assert np.array_equal(np.array([item["embedding"] for item in numbers["data"]], dtype=np.float32), VECTORS)
    assert decoded == VECTORS.tolist()
    assert numbers["usage"] == packed["usage"] == {"prompt_tokens": 7, "total_tokens": 7}


def test_a_known_share_goes_into_the_usage() -> None:
    answer = json.loads(write_answer(read_request(_body()), VECTORS[:1], prompt_tokens=3, known_share=0.5))

    assert answer["usage"]["known_share"] == 0.5
