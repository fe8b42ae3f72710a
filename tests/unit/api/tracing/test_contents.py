import json

import pytest

from kubelore_api.tracing.contents import input_messages, output_messages

WHOLE = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "At nine."}, "finish_reason": "stop"}]}'
STREAM = (
    b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "At "}}]}\n\n'
    b": a comment\n\n"
    b'data: {"choices": [{"index": 1, "delta": {"content": "another choice"}}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {"content": "nine."}, "finish_reason": "stop"}]}\n\n'
    b'data: {"choices": [], "usage": {"prompt_tokens": 3}}\n\n'
    b"data: [DONE]\n\n"
)


@pytest.mark.parametrize("body", [WHOLE, STREAM], ids=["whole", "stream"])
def test_an_answer_is_one_message_of_parts(body: bytes) -> None:
    assert json.loads(output_messages(body)) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "At nine."}], "finish_reason": "stop"}
    ]


@pytest.mark.parametrize("body", [b"<html>", b"{", b'{"choices": 3}', b"data: {]\n\n", b'data: {"choices": [3]}\n\n'])
def test_what_is_no_answer_is_no_error(body: bytes) -> None:
    assert isinstance(json.loads(output_messages(body)), list)


def test_a_request_is_its_messages() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "When?"}]},
        "nonsense",
    ]
    assert json.loads(input_messages(messages)) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "text": "When?"}]},
    ]
    assert input_messages(None) == "[]"
