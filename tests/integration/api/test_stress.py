"""The gateway between a model that fails in every way and a client that does, too."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
import uvicorn
from aiohttp import web
from fastapi import FastAPI

from kubelore_api.app import create_app
from support.fake_chat_server import (
    FakeChatServer,
    Script,
    chunk,
    chunks,
    streaming,
)
from support.gateway import Gateway
from support.http import post
from support.processes import free_port, is_listening, wait_until

QUESTION: list[Any] = [{"role": "user", "content": "When does the office open?"}]
SOON = 5.0
"""Seconds; well within one where the machine has nothing else to do."""

SHAPES = [
    ("/v1/chat/completions", {"model": "writer", "messages": QUESTION, "stream": True}),
    ("/v1/chat/completions", {"model": "assisted", "messages": QUESTION, "stream": True}),
    ("/v1/responses", {"model": "writer", "input": "Hello", "stream": True}),
    ("/v1/responses", {"model": "assisted", "input": "When does the office open?", "stream": True}),
]


def ask(url: str, path: str, body: dict[str, Any]) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    return connection


def read_until(response: http.client.HTTPResponse, text: bytes) -> bytes:
    read = b""
    while text not in read:
        piece = response.read1()
        assert piece, f"the answer ended before {text!r}: {read!r}"
        read += piece
    return read


@pytest.mark.parametrize(("path", "body"), SHAPES)
def test_a_client_that_leaves_while_the_model_is_silent_cancels_it_soon(
    gateway: Gateway, chat: FakeChatServer, path: str, body: dict[str, Any]
) -> None:
    chat.script = streaming([chunk({"content": "It opens"})], then_silent=True)
    connection = ask(gateway.url, path, body)
    response = connection.getresponse()
    read_until(response, b"opens")
    response.close()
    connection.close()
    assert chat.hung_up.wait(timeout=SOON), "the model still works"


@pytest.mark.parametrize(("path", "body"), SHAPES)
def test_a_model_that_is_cut_off_in_mid_stream_ends_the_answer_with_an_error(
    gateway: Gateway, chat: FakeChatServer, path: str, body: dict[str, Any]
) -> None:
    cut = threading.Event()
    chat.script = cut_off_when(cut)
    response = ask(gateway.url, path, body).getresponse()
    read_until(response, b"opens")
    cut.set()
    rest = response.read()
    assert b"does not answer" in rest
    assert b"[DONE]" not in rest


@pytest.mark.parametrize(("path", "body"), SHAPES)
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe garbage",
        b"data: {\n\n",
        b"data\n\n\n\n\n\n",
        b"event: x\nid: 7\nretry: 1\n\n",
        b'data: {"choices": [{"delta": "x"}]}\n\n',
        b'data: {"choices": [null, 7]}\n\n',
        b"<html>gateway timeout</html>\n\n",
        b": only comments\n\n" * 50,
        b"\r\n\r\n\r\n",
    ],
)
def test_whatever_the_model_streams_the_answer_ends(
    gateway: Gateway, chat: FakeChatServer, path: str, body: dict[str, Any], garbage: bytes
) -> None:
    chat.script = streaming([garbage])
    reply = post(f"{gateway.url}{path}", body)
    assert reply.status == 200
    assert reply.body.endswith(b"\n\n")
    assert b"error" in reply.body


def test_an_event_without_an_end_fills_no_memory(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming([b"data: ", *[b"x" * 65536] * 40])
    answer = post(f"{gateway.url}/v1/chat/completions", SHAPES[0][1]).body
    assert b"longer than" in answer
    assert len(answer) < 1000


def test_a_model_that_is_away_is_told_at_once(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = refusing_connections
    with pytest.raises(openai.InternalServerError) as caught:
        gateway.openai().chat.completions.create(model="writer", messages=QUESTION)
    assert caught.value.response.headers["retry-after"]
    assert caught.value.code == "CHAT_UNREACHABLE"


def test_a_client_that_does_not_read_holds_the_model_back(gateway: Gateway, chat: FakeChatServer) -> None:
    written = Written()
    chat.script = writing_as_fast_as_it_is_read(written)
    with socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2]))) as client:
        body = json.dumps(SHAPES[0][1]).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        client.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        wait_until("the model stops writing", written.stands_still, 60)
        assert written.bytes < 64 * 1024 * 1024
    assert chat.hung_up.wait(timeout=10), "the model still writes"


def test_a_gateway_that_is_told_to_stop_finishes_its_streams(gateway: Gateway, chat: FakeChatServer) -> None:
    go_on = threading.Event()
    chat.script = finishing_when(go_on)
    app = create_app(gateway.settings, gateway.resources)
    with stoppable(app) as (server, url):
        response = ask(url, *SHAPES[1]).getresponse()
        read_until(response, b"It")
        server.should_exit = True
        wait_until("the gateway takes no more connections", lambda: not_listening(url))
        go_on.set()
        rest = response.read()
    assert rest.endswith(b"data: [DONE]\n\n")
    assert b'"sources"' in rest


class Written:
    """Counts what a model could write, and tells when it could write no more for a second."""

    def __init__(self) -> None:
        self.bytes = 0
        self._since = time.monotonic()

    def add(self, count: int) -> None:
        self.bytes += count
        self._since = time.monotonic()

    def stands_still(self) -> bool:
        return self.bytes > 0 and time.monotonic() - self._since > 1


def cut_off_when(cut: threading.Event) -> Script:
    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(chunk({"content": "It opens"}))
        await asyncio.to_thread(cut.wait, 60)
        assert request.transport is not None
        request.transport.abort()
        return response

    return script


async def refusing_connections(
    _server: FakeChatServer, request: web.Request, _body: dict[str, Any]
) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def writing_as_fast_as_it_is_read(written: Written) -> Script:
    event = chunk({"content": "word " * 4000})

    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            await response.write(event)
            written.add(len(event))

    return script


def finishing_when(go_on: threading.Event) -> Script:
    first, *rest = chunks("It opens at nine [1].")[1:]

    async def events() -> AsyncIterator[bytes]:
        yield first
        await asyncio.to_thread(go_on.wait, 60)
        for event in [*rest, b"data: [DONE]\n\n"]:
            yield event

    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for event in events():
            await response.write(event)
        return response

    return script


@contextmanager
def stoppable(app: FastAPI) -> Iterator[tuple[uvicorn.Server, str]]:
    """Serve an application from a thread, as `serving` does, and hand the server out."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until("the gateway serves", lambda: server.started)
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


def not_listening(url: str) -> bool:
    return not is_listening(int(url.rpartition(":")[2]))
