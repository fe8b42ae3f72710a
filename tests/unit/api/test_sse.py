import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.sse import DONE, LONGEST_EVENT, CompleteEvents, event

EVENTS = b'data: {"text":"data: [DONE]"}\n\n: a comment\n\ndata: {"n":2}\r\n\r\n'


def relayed(pieces: list[bytes]) -> tuple[bytes, bool]:
    events = CompleteEvents()
    passed = b"".join(events.pass_on(piece) for piece in pieces)
    return passed, events.closed


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *places})
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, len(EVENTS + DONE)), max_size=12))
def test_everything_but_the_closing_event_passes_however_it_is_cut(places: list[int]) -> None:
    assert relayed(cut(EVENTS + DONE, places)) == (EVENTS, True)


@given(st.lists(st.integers(0, len(EVENTS)), max_size=12))
def test_a_stream_that_ends_between_events_passes_whole_and_is_not_closed(places: list[int]) -> None:
    assert relayed(cut(EVENTS, places)) == (EVENTS, False)


def test_of_a_stream_that_breaks_off_within_an_event_the_whole_ones_pass() -> None:
    assert relayed([b'data: {"n":1}\n\ndata: {"n"']) == (b'data: {"n":1}\n\n', False)


@pytest.mark.parametrize("closing", [b"data: [DONE]\n\n", b"data:[DONE]\n\n", b"data: [DONE]\r\n\r\n", b"data: [DONE]"])
def test_the_closing_event_is_known_in_every_form(closing: bytes) -> None:
    assert relayed([b"data: {}\n\n", closing]) == (b"data: {}\n\n", True)


def test_nothing_passes_after_the_closing_event() -> None:
    assert relayed([DONE, b"data: {}\n\n"]) == (b"", True)


def test_a_whole_event_passes_at_once() -> None:
    assert CompleteEvents().pass_on(b'data: {"a":1}\n\n') == b'data: {"a":1}\n\n'


def test_an_event_without_an_end_is_refused() -> None:
    events = CompleteEvents()
    events.pass_on(b"data: " + b"x" * (LONGEST_EVENT - 6))
    with pytest.raises(KubeloreError) as caught:
        events.pass_on(b"x")
    assert caught.value.code is ErrorCode.CHAT_REFUSED


def test_an_event_is_one_line_of_json() -> None:
    assert event({"text": "a\nb"}) == b'data: {"text":"a\\nb"}\n\n'
