"""Asks a server over HTTP, one request after the other on each of many connections, and measures the answers."""

import asyncio
import json
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

_LENGTH = re.compile(rb"content-length: ?(\d+)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"
_END_OF_CHUNKS = b"\r\n0\r\n\r\n"
_FRAME = b"data: {"
_DONE = b"[DONE]"
_OK = b"HTTP/1.1 200"
_SECONDS_TO_END = 120


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and the one request that it is asked."""

    name: str
    port: int
    model: str
    key: str = "none"

    def request(self, *, stream: bool) -> bytes:
        """Write the request."""
        messages = [{"role": "user", "content": "When does the office open in the morning?"}]
        body = json.dumps({"model": self.model, "messages": messages, "stream": stream}).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {self.key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back within a time; seconds."""

    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    @property
    def median(self) -> float:
        """The median latency."""
        return statistics.median(self.latencies)


@dataclass(frozen=True, slots=True)
class Streams:
    """What streams brought; seconds from asking to the first frame."""

    frames_a_second: float
    first_frames: Sequence[float]
    broken_off: int

    def first_frame(self, share: float) -> float:
        """The time within which this share of the streams had begun."""
        return sorted(self.first_frames)[int(share * (len(self.first_frames) - 1))]


class _Asker(asyncio.Protocol):
    """Asks again as soon as the answer is there."""

    def __init__(self, request: bytes, until: float) -> None:
        self.latencies: list[float] = []
        self.ended = asyncio.get_running_loop().create_future()
        self._request = request
        self._until = until
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type.
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        self.latencies.append(time.perf_counter() - self._asked)
        if not self._received.startswith(_OK):
            self._end(RuntimeError(self._received[:2000].decode(errors="replace")))
        elif time.perf_counter() < self._until:
            self._received = b""
            self._ask()
        else:
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or ConnectionError("the server hung up"))

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None) if error is None else self.ended.set_exception(error)
            self._transport.close()


class _StreamReader(asyncio.Protocol):
    """Reads one stream, and counts its frames."""

    def __init__(self, request: bytes) -> None:
        self.frames = 0
        self.first_frame = 0.0
        self.ended = asyncio.get_running_loop().create_future()
        self._request = request
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type.
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        found = data.count(_FRAME)
        if found and not self.frames:
            self.first_frame = time.perf_counter() - self._asked
        self.frames += found
        if _DONE in data:
            self.ended.set_result(None)
            self._transport.close()
        # A frame may have begun; a whole one is longer than this.
        self._rest = data[1 - len(_FRAME) :]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionError("the stream broke off"))


async def ask_again_and_again(target: Target, connections: int, seconds: float) -> Answers:
    """Keep so many requests under way for a time."""
    loop = asyncio.get_running_loop()
    request, started = target.request(stream=False), time.perf_counter()
    askers = [_Asker(request, started + seconds) for _ in range(connections)]
    for asker in askers:
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", target.port)  # type: ignore[misc]
    async with asyncio.timeout(_SECONDS_TO_END):
        await asyncio.gather(*(asker.ended for asker in askers))
    latencies = [latency for asker in askers for latency in asker.latencies]
    return Answers(time.perf_counter() - started, latencies)


@dataclass(slots=True)
class OpenStreams:
    """Streams that are read until they end."""

    started: float = field(default_factory=time.perf_counter)
    readers: list[_StreamReader] = field(default_factory=list)

    async def end(self) -> Streams:
        """Wait until all have ended."""
        async with asyncio.timeout(_SECONDS_TO_END):
            ends = await asyncio.gather(*(reader.ended for reader in self.readers), return_exceptions=True)
        seconds = time.perf_counter() - self.started
        frames = sum(reader.frames for reader in self.readers)
        begun = [reader.first_frame for reader in self.readers if reader.frames]
        return Streams(frames / seconds, begun, sum(end is not None for end in ends))


async def open_streams(target: Target, count: int, within: float) -> OpenStreams:
    """Open streams one after the other, evenly spread over some seconds."""
    loop = asyncio.get_running_loop()
    request, streams = target.request(stream=True), OpenStreams()
    for number in range(count):
        await asyncio.sleep(streams.started + within * number / count - time.perf_counter())
        reader = _StreamReader(request)
        await loop.create_connection(lambda reader=reader: reader, "127.0.0.1", target.port)  # type: ignore[misc]
        streams.readers.append(reader)
    return streams


def _is_whole(received: bytes) -> bool:
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return False
    length = _LENGTH.search(received, 0, end)
    if length is None:
        return received.endswith(_END_OF_CHUNKS)
    return len(received) >= end + len(_END_OF_HEAD) + int(length[1])
