"""A streamed answer, from the model's bytes to the client's."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from kubelore.errors import KubeloreError
from kubelore.llm.interface import ChatStream
from kubelore_api.errors import error_object
from kubelore_api.metrics import Metrics
from kubelore_api.rag.cite_events import CitationCheck
from kubelore_api.rag.deltas import require_end
from kubelore_api.routes.departure import while_client_stays
from kubelore_api.sse import DONE, CompleteEvents, event

EVENT_STREAM = "text/event-stream"
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@dataclass(slots=True)
class Stopwatch:
    """Measures one answer from its question on."""

    metrics: Metrics
    started: float
    _has_begun: bool = False

    def first_token(self) -> None:
        """Note that the model has begun; what it writes next begins nothing."""
        if not self._has_begun:
            self._has_begun = True
            self.metrics.first_token_seconds.observe(time.perf_counter() - self.started)

    def end(self) -> None:
        """Note that the answer has ended, whichever way."""
        self.metrics.rag_seconds.observe(time.perf_counter() - self.started)


class _UntilTheClientLeaves(StreamingResponse):
    """Ends when the client leaves, however fast its content comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the framework's
        """Send everything, or as much as there is somebody for; raises what its content raises."""
        async with while_client_stays(receive):
            await self.stream_response(send)


class EventStream(_UntilTheClientLeaves):
    """Sends events as they are made, and ends their making when the client leaves."""

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        super().__init__(events, media_type=EVENT_STREAM, headers=HEADERS)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything; a generator that is left where it stands would hold the model until it is collected."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()


class ModelEvents(_UntilTheClientLeaves):
    """Sends the model's events as they come, and hangs up on the model when the client leaves."""

    def __init__(
        self,
        stream: ChatStream,
        stopwatch: Stopwatch,
        citations: CitationCheck | None = None,
        before_closing: bytes = b"",
    ) -> None:
        relayed = _relay(stream, stopwatch, citations, before_closing)
        super().__init__(relayed, media_type=EVENT_STREAM, headers=HEADERS)
        self._stream = stream
        self._citations = citations
        self._stopwatch = stopwatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything; the model is hung up on here, since a generator may never have been begun."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stream.aclose()
            self._stopwatch.end()
            if self._citations:
                self._stopwatch.metrics.unknown_citations.inc(self._citations.unknown)


async def _relay(
    stream: ChatStream, stopwatch: Stopwatch, citations: CitationCheck | None, before_closing: bytes
) -> AsyncGenerator[bytes]:
    """Pass on the model's events, with one more before the closing one.

    The answer has begun, so that an error can only be told as an event.
    """
    events = CompleteEvents()
    try:
        async for data in stream:
            stopwatch.first_token()
            passed = events.pass_on(data)
            if told := citations.check(passed) if citations else passed:
                yield told
        require_end(events)
        yield (citations.rest() if citations else b"") + before_closing + DONE
    except KubeloreError as error:
        yield event(error_object(error))
