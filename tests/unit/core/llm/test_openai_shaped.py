import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import ServedModel
from kubelore.llm.endpoint import Endpoint
from kubelore.llm.interface import ChatRequest
from kubelore.llm.openai_shaped import OpenAIShapedChat
from support.fake_chat_server import (
    FakeChatServer,
    Script,
    answering,
    chunks,
    completion,
    fake_chat_server,
    refusing,
    silent,
    streaming,
    streaming_for_ever,
)
from support.processes import free_port

REQUEST = ChatRequest([{"role": "user", "content": "Why?"}], {"temperature": 0.3, "model": "mine", "stream": "yes"})
IMPATIENT = aiohttp.ClientTimeout(total=None, sock_connect=1, sock_read=0.2)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeChatServer]:
    with fake_chat_server(answering("Because [1].")) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def model(session: aiohttp.ClientSession, base_url: str, api_key: str = "") -> OpenAIShapedChat:
    config = ServedModel(server="LLMServer team-a/writer", model="qwen3", base_url=base_url)
    return OpenAIShapedChat(Endpoint(session, config, api_key, IMPATIENT))


def scripted(server: FakeChatServer, script: Script) -> str:
    server.forget()
    server.script = script
    return server.base_url


async def test_a_whole_answer_comes_with_the_models_own_response(
    server: FakeChatServer, session: aiohttp.ClientSession
) -> None:
    answer = await model(session, scripted(server, answering("Because [1]."))).complete(REQUEST)
    assert answer.text == "Because [1]."
    assert answer.payload["usage"]["total_tokens"] == 18


async def test_an_answer_is_asked_for_uncompressed(session: aiohttp.ClientSession) -> None:
    accepted: list[str] = []

    async def script(_server: FakeChatServer, request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        accepted.append(request.headers["Accept-Encoding"])
        return web.json_response(completion("Because."))

    with fake_chat_server(script) as server:
        await model(session, server.base_url).complete(REQUEST)
    assert accepted == ["identity"]


async def test_parameters_go_through_but_for_what_the_gateway_decides(
    server: FakeChatServer, session: aiohttp.ClientSession
) -> None:
    await model(session, scripted(server, answering("x")), "s3cret").complete(REQUEST)
    assert server.requests == [
        {"temperature": 0.3, "model": "qwen3", "stream": False, "messages": [{"role": "user", "content": "Why?"}]}
    ]
    assert server.authorizations == ["Bearer s3cret"]


async def test_without_a_key_none_is_sent(server: FakeChatServer, session: aiohttp.ClientSession) -> None:
    await model(session, scripted(server, answering("x"))).complete(REQUEST)
    assert server.authorizations == [""]


async def test_a_stream_is_the_models_own_bytes(server: FakeChatServer, session: aiohttp.ClientSession) -> None:
    events = [*chunks("Because of rain"), b"data: [DONE]\n\n"]
    stream = await model(session, scripted(server, streaming(events))).stream(REQUEST)
    assert b"".join([data async for data in stream]) == b"".join(events)


async def test_hanging_up_stops_the_model(server: FakeChatServer, session: aiohttp.ClientSession) -> None:
    stream = await model(session, scripted(server, streaming_for_ever())).stream(REQUEST)
    await stream.aclose()
    assert await asyncio.to_thread(server.hung_up.wait, 2)


@pytest.mark.parametrize(
    ("script", "code", "shown"),
    [
        (refusing(400, '{"error": {"message": "context too long"}}'), ErrorCode.CHAT_REFUSED, "context too long"),
        (refusing(404, '{"error": "no such model"}'), ErrorCode.CHAT_REFUSED, "no such model"),
        (refusing(401, '{"error": {"message": "wrong key sk-1"}}'), ErrorCode.CHAT_REFUSED, "HTTP 401"),
        (refusing(500, "boom"), ErrorCode.CHAT_UNREACHABLE, "HTTP 500"),
        (refusing(429, "[]"), ErrorCode.CHAT_UNREACHABLE, "HTTP 429"),
        (refusing(200, "{}"), ErrorCode.CHAT_REFUSED, "no chat completion"),
        (refusing(200, "[1]"), ErrorCode.CHAT_REFUSED, "no chat completion"),
        (refusing(200, "not json"), ErrorCode.CHAT_REFUSED, "no chat completion"),
        (silent(), ErrorCode.CHAT_UNREACHABLE, ""),
    ],
)
async def test_an_error_says_whether_to_try_again(
    server: FakeChatServer, session: aiohttp.ClientSession, script: Script, code: ErrorCode, shown: str
) -> None:
    with pytest.raises(KubeloreError) as caught:
        await model(session, scripted(server, script)).complete(REQUEST)
    assert caught.value.code is code
    assert caught.value.subject == "LLMServer team-a/writer"
    assert shown in caught.value.detail
    assert "sk-1" not in caught.value.message


async def test_what_is_no_stream_is_refused(server: FakeChatServer, session: aiohttp.ClientSession) -> None:
    with pytest.raises(KubeloreError, match="text/html") as caught:
        await model(session, scripted(server, refusing(200, "<html>", "text/html"))).stream(REQUEST)
    assert caught.value.code is ErrorCode.CHAT_REFUSED


async def test_a_model_that_falls_silent_is_told(server: FakeChatServer, session: aiohttp.ClientSession) -> None:
    stream = await model(session, scripted(server, streaming(chunks("It"), then_silent=True))).stream(REQUEST)
    with pytest.raises(KubeloreError) as caught:
        [data async for data in stream]
    assert caught.value.code is ErrorCode.CHAT_UNREACHABLE


async def test_a_model_that_is_away_is_told(session: aiohttp.ClientSession) -> None:
    with pytest.raises(KubeloreError) as caught:
        await model(session, f"http://127.0.0.1:{free_port()}/v1").stream(REQUEST)
    assert caught.value.code is ErrorCode.CHAT_UNREACHABLE
