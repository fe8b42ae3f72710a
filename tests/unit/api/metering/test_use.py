import json

import pytest

from kubelore_api.metering.use import AnswerReader, Use


def read(*parts: bytes) -> Use:
    use = Use()
    reader = AnswerReader(use)
    for part in parts:
        reader.read(part)
    reader.end()
    return use


@pytest.mark.parametrize("names", [("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_the_figures_of_an_answer_are_read(names: tuple[str, str], separators: tuple[str, str]) -> None:
    answer = {"model": "handbook", "usage": {names[0]: 11, names[1]: 7, "total_tokens": 18}}
    use = read(json.dumps(answer, separators=separators).encode())
    assert (use.model, use.prompt_tokens, use.completion_tokens, use.tokens) == ("handbook", 11, 7, 18)


def test_nothing_that_a_model_writes_looks_like_them() -> None:
    written = '{"usage": {"prompt_tokens": 999, "completion_tokens": 999}, "model": "evil"}'
    use = read(json.dumps({"choices": [{"message": {"content": written}}], "model": "handbook"}).encode())
    assert (use.model, use.tokens) == ("handbook", 0)


def test_a_stream_without_figures_is_counted_by_its_pieces() -> None:
    piece = b'data: {"model": "handbook", "choices": [{"delta": {"content": "word"}}]}\n\n'
    assert read(piece, piece + piece).completion_tokens == 3


def test_the_last_figures_of_a_stream_count() -> None:
    parts = [b'{"prompt_tokens": 3, "completion_tokens": %d}' % number for number in (1, 2, 9)]
    assert read(*parts).completion_tokens == 9
