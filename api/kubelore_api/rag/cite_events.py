"""Checks the citations in a model's event stream, whose other bytes pass through untouched."""

import re
from collections.abc import Iterable
from typing import Any

import orjson

from kubelore_api.rag.cite import CitationFilter
from kubelore_api.sse import data_of, event, whole_events

_BRACKET_IN_CONTENT = re.compile(rb'"content"\s*:\s*"(?:[^"\\]|\\.)*?(?:\[|\\u005[bB])')


class CitationCheck:
    """Takes citations of unknown sources out of the choices' texts, also where events cut them in two.

    Only events with a bracket in their text, and those that follow a bracket that is still open, are parsed.
    """

    def __init__(self, sources: int) -> None:
        """Know the sources from 1 up to this number."""
        self._sources = sources
        self._filters: dict[int, CitationFilter] = {}
        self._latest: dict[str, Any] = {}

    @property
    def unknown(self) -> int:
        """How many citations were taken out."""
        return sum(citations.unknown for citations in self._filters.values())

    def check(self, events: bytes) -> bytes:
        """Return whole events with the texts that can be told so far."""
        if not self._holds and not _BRACKET_IN_CONTENT.search(events):
            return events
        return b"".join(map(self._check_event, whole_events(events)))

    def rest(self) -> bytes:
        """Return an event with the texts that are still held back, where there are any."""
        if not self._holds:
            return b""
        choices = [
            {"index": index, "delta": {"content": citations.rest()}, "finish_reason": None}
            for index, citations in self._filters.items()
            if citations.holds
        ]
        return event({**self._latest, "choices": choices})

    @property
    def _holds(self) -> bool:
        return any(citations.holds for citations in self._filters.values())

    def _check_event(self, raw: bytes) -> bytes:
        chunk = _chunk(raw)
        if chunk is None:
            return raw
        self._latest = chunk
        changed = [self._check_choice(choice) for choice in _choices(chunk)]
        return event(chunk) if any(changed) else raw

    def _check_choice(self, choice: dict[str, Any]) -> bool:
        """Replace the choice's text, and say whether it changed; its last event brings what was held back."""
        citations = self._filters.setdefault(choice.get("index", 0), CitationFilter(self._sources))
        told = choice["delta"].get("content")
        text = citations.feed(told) if isinstance(told, str) else ""
        if choice.get("finish_reason"):
            text += citations.rest()
        if text == (told or ""):
            return False
        choice["delta"]["content"] = text
        return True


def _chunk(raw: bytes) -> dict[str, Any] | None:
    """Return the object of an event of one line, or None for anything else: that is the client's to make sense of."""
    data = data_of(raw)
    if data is None:
        return None
    try:
        chunk = orjson.loads(data)
    except ValueError:
        return None
    return chunk if isinstance(chunk, dict) else None


def _choices(chunk: dict[str, Any]) -> Iterable[dict[str, Any]]:
    choices = chunk.get("choices")
    listed = choices if isinstance(choices, list) else []
    return (choice for choice in listed if isinstance(choice, dict) and isinstance(choice.get("delta"), dict))
