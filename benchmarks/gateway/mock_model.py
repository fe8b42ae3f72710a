"""A model behind an OpenAI-shaped endpoint that costs next to nothing: it says the same words at any question.

Usage: python mock_model.py PORT FRAMES FRAMES_A_SECOND; a stream has so many frames, at this pace.
"""

import asyncio
import re
import sys
from collections.abc import Callable
from typing import cast

import orjson
import uvloop

_LENGTH = re.compile(rb"content-length: ?(\d+)", re.IGNORECASE)
_STREAM = re.compile(rb'"stream": ?true')
_END_OF_HEAD = b"\r\n\r\n"
_HEAD = {"id": "chatcmpl-mock", "created": 1, "model": "mock-model"}
_MESSAGE = {"role": "assistant", "content": "The office opens at nine in the morning."}
_COMPLETION = orjson.dumps(
    {
        **_HEAD,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 9, "total_tokens": 20},
    }
)
_WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_COMPLETION),
    _COMPLETION,
)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _chunked(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


def _event(delta: dict[str, str], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: " + orjson.dumps({**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"


_FRAME = _chunked(_event({"role": "assistant", "content": "token "}, None))
_LAST = _chunked(_event({}, "stop")) + _chunked(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Model(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, frames: int, frames_a_second: float) -> None:
        self._frames = frames
        self._pause = 1 / frames_a_second
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type.

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        self._received += data
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return
        length = _LENGTH.search(self._received, 0, end)
        if len(self._received) < end + len(_END_OF_HEAD) + int(length[1] if length else 0):
            return
        streamed = _STREAM.search(self._received, end)
        self._received = b""
        if streamed:
            self._transport.write(_STREAM_HEAD + _FRAME)
            self._send(1, asyncio.get_running_loop().time())
        else:
            self._transport.write(_WHOLE)

    def _send(self, number: int, started: float) -> None:
        """Keep to the schedule from the start on, so that a late frame makes no later one late."""
        if self._transport.is_closing():
            return
        if number > 1:
            self._transport.write(_FRAME if number <= self._frames else _LAST)
        if number <= self._frames:
            asyncio.get_running_loop().call_at(started + number * self._pause, self._send, number + 1, started)


async def serve(port: int, model: Callable[[], Model]) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(model, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), lambda: Model(int(sys.argv[2]), float(sys.argv[3]))))
