"""Reads the text out of a model's event stream."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.interface import ChatStream, Json
from kubelore_api.rag.cite import CitationFilter
from kubelore_api.sse import CompleteEvents, data_of, whole_events

THE_ANSWER = "the answer"
_NOTHING: Json = {}


class TextStream:
    """The first choice's text as it grows, its citations checked where a filter is given.

    When it has ended, `usage` and `finish_reason` say what the model told of it. Iterating raises KubeloreError
    CHAT_UNREACHABLE for a stream that breaks off, and CHAT_REFUSED for what is no stream of completions.
    """

    def __init__(self, stream: ChatStream, citations: CitationFilter | None = None) -> None:
        """Take the model's stream, which stays its owner's to close."""
        self._stream = stream
        self._citations = citations
        self._events = CompleteEvents()
        self.usage: Json = _NOTHING
        self.finish_reason: str | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        async for data in self._stream:
            for event in whole_events(self._events.pass_on(data)):
                if text := self._checked(self._read(event)):
                    yield text
        require_end(self._events)
        if self._citations and (rest := self._citations.rest()):
            yield rest

    def _checked(self, text: str) -> str:
        return self._citations.feed(text) if self._citations else text

    def _read(self, event: bytes) -> str:
        data = data_of(event)
        if data is None:
            return ""
        try:
            return self._take(orjson.loads(data))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise KubeloreError(ErrorCode.CHAT_REFUSED, THE_ANSWER, "an event is no chunk of a completion") from error

    def _take(self, chunk: dict[str, Any]) -> str:
        if chunk.get("error"):
            raise KubeloreError(ErrorCode.CHAT_UNREACHABLE, THE_ANSWER, "the model broke off with an error")
        self.usage = chunk.get("usage") or self.usage
        for choice in chunk.get("choices") or ():
            if choice.get("index", 0) == 0:
                self.finish_reason = choice.get("finish_reason") or self.finish_reason
                return str((choice.get("delta") or {}).get("content") or "")
        return ""


def require_end(events: CompleteEvents) -> None:
    """Raise CHAT_UNREACHABLE where the closing event has not come."""
    if not events.closed:
        raise KubeloreError(ErrorCode.CHAT_UNREACHABLE, THE_ANSWER, "it broke off before its end")
