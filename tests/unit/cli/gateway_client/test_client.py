from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.gateway_client.client import RefusedError, open_client
from support.fake_gateway import FakeGateway, refused, serving, serving_gateway

NO_KEY = SecretStr("")
ANSWER = {"answer": "Yes. [1]", "sources": [{"number": 1, "document": "a.md", "new_field": True}]}


async def test_a_question_is_answered_with_sources() -> None:
    asked = []

    async def chat(request: web.Request) -> web.StreamResponse:
        asked.append((await request.json(), request.headers.get("Authorization")))
        return web.json_response(ANSWER)

    async with serving({("POST", "/chat"): chat}) as url, open_client(url, SecretStr("sk-1")) as gateway:
        answer = await gateway.ask("Well?", "docs")

    assert answer.answer == "Yes. [1]"
    assert answer.sources[0].document == "a.md"
    assert asked == [({"query": "Well?", "knowledge_base": "docs"}, "Bearer sk-1")]


async def test_without_a_knowledge_base_or_a_key_none_is_sent() -> None:
    asked = []

    async def chat(request: web.Request) -> web.StreamResponse:
        asked.append((await request.json(), request.headers.get("Authorization")))
        return web.json_response(ANSWER)

    async with serving({("POST", "/chat"): chat}) as url, open_client(url, NO_KEY) as gateway:
        await gateway.ask("Well?", None)

    assert asked == [({"query": "Well?"}, None)]


@pytest.mark.parametrize("name", ["a.md", "docs/zh/安装 指南.md", 'quo"te & 100%.md'])
async def test_a_document_keeps_its_name_whatever_is_in_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"content")
    fake = FakeGateway()

    async with serving_gateway(fake) as url, open_client(url, NO_KEY) as gateway:
        await gateway.upload(tmp_path / "file", name, None)

    assert fake.uploads == {name: b"content"}


async def test_a_refusal_is_told_in_the_gateways_words() -> None:
    async def chat(_request: web.Request) -> web.StreamResponse:
        return refused(404, "RESOURCE_NOT_FOUND", "KnowledgeBase docs: the resource does not exist")

    async with serving({("POST", "/chat"): chat}) as url, open_client(url, NO_KEY) as gateway:
        with pytest.raises(RefusedError, match="KnowledgeBase docs: the resource does not exist") as raised:
            await gateway.ask("Well?", "docs")

    assert raised.value.reason == "RESOURCE_NOT_FOUND"


async def test_nobody_listening_is_told_with_what_to_do() -> None:
    async with open_client("http://127.0.0.1:1", NO_KEY) as gateway:
        with pytest.raises(KubeloreError, match="kubelore up") as raised:
            await gateway.ask("Well?", None)
    assert raised.value.code is ErrorCode.GATEWAY_UNREACHABLE


@pytest.mark.parametrize("url", ["localhost:8080", "not an address", "http://"])
async def test_what_is_no_address_is_told(url: str) -> None:
    async with open_client(url, NO_KEY) as gateway:
        with pytest.raises(KubeloreError) as raised:
            await gateway.ask("Well?", None)
    assert url in raised.value.message


@pytest.mark.parametrize("body", ["<html>hello</html>", '{"other": 1}'])
async def test_another_server_at_the_address_is_not_mistaken_for_a_gateway(body: str) -> None:
    async def chat(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=body)

    async with serving({("POST", "/chat"): chat}) as url, open_client(url, NO_KEY) as gateway:
        with pytest.raises(RefusedError, match="no gateway of Kubelore"):
            await gateway.ask("Well?", None)


async def test_an_error_page_of_a_proxy_is_cut_short() -> None:
    async def chat(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>" + "x" * 5000, status=502)

    async with serving({("POST", "/chat"): chat}) as url, open_client(url, NO_KEY) as gateway:
        with pytest.raises(RefusedError, match="HTTP status 502") as raised:
            await gateway.ask("Well?", None)
    assert len(raised.value.message) < 500
