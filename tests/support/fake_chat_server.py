"""A fake of an OpenAI-shaped chat model: it answers what the test scripted, and remembers what it was asked.

No chat model can be had where the tests run, and none would answer the same twice.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from support.processes import free_port, wait_until

_FOR_EVER = 3600.0

Script = Callable[["FakeChatServer", web.Request, dict[str, Any]], Coroutine[Any, Any, web.StreamResponse]]
"""What the server does with one request, given its JSON body."""


@dataclass
class FakeChatServer:
    """A running fake; `script` may be replaced between requests."""

    port: int
    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)

    @property
    def base_url(self) -> str:
        """The address that an LLMServer's status would name."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def last_messages(self) -> list[dict[str, Any]]:
        """The conversation that was sent last."""
        messages: list[dict[str, Any]] = self.requests[-1]["messages"]
        return messages

    def forget(self) -> None:
        """Remember nothing of what was before."""
        self.requests.clear()
        self.authorizations.clear()
        self.asked.clear()
        self.hung_up.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request as scripted, and note when the client hangs up before the end."""
        body = await request.json()
        self.requests.append(body)
        self.authorizations.append(request.headers.get("Authorization", ""))
        self.asked.set()
        try:
            return await self.script(self, request, body)
        except (asyncio.CancelledError, ConnectionError):
            self.hung_up.set()
            raise


def answering(text: str) -> Script:
    """Answer with a text, whole or word by word."""

    async def script(_server: FakeChatServer, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if not body.get("stream"):
            return web.json_response(completion(text))
        events = [*chunks(text), b"data: [DONE]\n\n"]
        return await _send(request, _iterate(events))

    return script


def answering_in_turn(*texts: str) -> Script:
    """Answer the first request with the first text, and so on; the last one answers all that follow."""
    scripts = [answering(text) for text in texts]

    async def script(server: FakeChatServer, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return await (scripts.pop(0) if len(scripts) > 1 else scripts[0])(server, request, body)

    return script


def streaming(events: Sequence[bytes], *, then_silent: bool = False) -> Script:
    """Stream these bytes, piece by piece as they are given, then close, or say nothing more."""

    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = await _send(request, _iterate(events))
        if then_silent:
            await asyncio.sleep(_FOR_EVER)
        return response

    return script


def streaming_for_ever() -> Script:
    """Stream words until the client leaves."""

    async def words() -> AsyncIterator[bytes]:
        while True:
            yield chunk({"content": "word "})
            await asyncio.sleep(0.01)

    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await _send(request, words())

    return script


def silent() -> Script:
    """Take the request and say nothing until the client leaves."""

    async def script(_server: FakeChatServer, _request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(_FOR_EVER)
        raise AssertionError("nobody waits for an hour")

    return script


def refusing(status: int, body: str, content_type: str = "application/json") -> Script:
    """Answer with an error."""

    async def script(_server: FakeChatServer, _request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=content_type)

    return script


def completion(text: str) -> dict[str, Any]:
    """Build a whole answer."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1,
        "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    """Build one event of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    data = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
    return b"data: " + json.dumps({**data, "choices": [choice]}).encode() + b"\n\n"


def chunks(text: str) -> list[bytes]:
    """Build the events of a text, a word each."""
    words = [chunk({"content": f"{word} "}) for word in text.split(" ")]
    return [chunk({"role": "assistant", "content": ""}), *words, chunk({}, "stop")]


@contextmanager
def fake_chat_server(script: Script) -> Iterator[FakeChatServer]:
    """Run a fake on loopback, in a thread with an event loop of its own."""
    server = FakeChatServer(free_port(), script)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/v1/{path:.*}", server.handle)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", server.port).start()
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    wait_until("the fake chat server listens", started.is_set)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
        loop.close()


async def _send(request: web.Request, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    async for piece in pieces:
        await response.write(piece)
        # Let each piece travel by itself.
        await asyncio.sleep(0.005)
    return response


async def _iterate(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
