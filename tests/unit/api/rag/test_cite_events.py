import json

import pytest

from kubelore_api.rag.cite_events import CitationCheck
from support.fake_chat_server import chunk


def texts(events: bytes) -> list[str]:
    data = [json.loads(line.removeprefix(b"data: ")) for line in events.splitlines() if line.startswith(b"data: {")]
    return [choice["delta"].get("content", "") for each in data for choice in each["choices"]]


def checked(*pieces: bytes, sources: int = 2) -> tuple[str, int]:
    check = CitationCheck(sources)
    passed = b"".join([*map(check.check, pieces), check.rest()])
    return "".join(texts(passed)), check.unknown


def test_events_without_a_bracket_pass_as_they_are() -> None:
    events = b'data: {"odd":  1, "choices":[{"index":0,"delta":{"content":"caf\\u00e9"}}]}\n\n: comment\n\n'
    assert CitationCheck(1).check(events) == events


def test_an_event_whose_citations_are_known_passes_as_it_is() -> None:
    events = b'data: {"odd":  1, "choices":[{"index":0,"delta":{"content":"nine [1]."}}]}\n\n'
    assert CitationCheck(1).check(events) == events


def test_a_citation_that_was_cut_in_two_is_taken_out() -> None:
    pieces = [chunk({"content": text}) for text in ("Nine", " [", "7", "]", " and [1]", ".")]
    assert checked(*pieces) == ("Nine and [1].", 1)


def test_several_events_in_one_piece_are_each_checked() -> None:
    assert checked(chunk({"content": "a [9]"}) + chunk({"content": "b [2]"})) == ("ab [2]", 1)


def test_an_escaped_bracket_is_a_bracket() -> None:
    assert checked(b'data: {"choices":[{"index":0,"delta":{"content":"a \\u005b9]"}}]}\n\n') == ("a", 1)


def test_what_is_held_back_comes_with_the_choices_last_event() -> None:
    check = CitationCheck(1)
    passed = check.check(chunk({"content": "see [1"})) + check.check(chunk({}, "stop"))
    assert "".join(texts(passed)) == "see [1"
    assert check.rest() == b""


def test_what_is_held_back_at_the_end_of_the_stream_is_still_told() -> None:
    assert checked(chunk({"content": "see [1"})) == ("see [1", 0)


def test_each_choice_is_checked_by_itself() -> None:
    def of(index: int, text: str) -> bytes:
        return b"data: " + json.dumps({"choices": [{"index": index, "delta": {"content": text}}]}).encode() + b"\n\n"

    check = CitationCheck(1)
    passed = check.check(of(0, "a [") + of(1, "b")) + check.check(of(0, "7]") + of(1, " [1]"))
    assert texts(passed) == ["a", "b", "", " [1]"]
    assert check.unknown == 1


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"content": "[" oops\n\n',
        b'data: ["content": "["]\n\n',
        b'data: {"content": "[", "choices": 7}\n\n',
        b'data: {"content": "[", "choices": [7, {"delta": null}]}\n\n',
        b'event: x\ndata: {"content": "["}\n\n',
    ],
)
def test_what_is_no_chunk_passes_as_it_is(event: bytes) -> None:
    assert CitationCheck(1).check(event) == event
