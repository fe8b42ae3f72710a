from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.interface import ChatRequest
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.store import ResourceStore
from kubelore.settings import Settings
from kubelore_api.models import Models
from kubelore_api.threads import Threads
from support.builders import knowledge_base, llm_server
from support.fake_chat_server import answering, fake_chat_server

READY = {"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-01-01T00:00:00Z"}
REQUEST = ChatRequest([{"role": "user", "content": "Why?"}])
ASSISTED = knowledge_base(chat={"llmServerRef": {"name": "writer"}})


class FakeResources:
    """Holds model servers in memory."""

    def __init__(self, *servers: LLMServer) -> None:
        self._servers = {(each.metadata.namespace, each.metadata.name): each for each in servers}

    async def llm_server(self, namespace: str, name: str) -> LLMServer:
        if (namespace, name) not in self._servers:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, f"LLMServer {namespace}/{name}")
        return self._servers[namespace, name]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def models(session: aiohttp.ClientSession, *servers: LLMServer, **settings: Any) -> Models:
    return Models(Settings(**settings), cast("ResourceStore", FakeResources(*servers)), session, Threads(1))


def writer(endpoint: str = "http://writer/v1") -> LLMServer:
    status = {"endpoint": endpoint, "conditions": [READY]}
    return llm_server("writer", engine="ollama", serves=["chat"], model={"name": "qwen3:4b"}, status=status)


async def test_a_knowledge_base_without_a_chat_model_has_none(session: aiohttp.ClientSession) -> None:
    assert await models(session).chat(knowledge_base()) is None


async def test_a_server_that_is_not_there_is_waited_for_and_named(session: aiohttp.ClientSession) -> None:
    with pytest.raises(KubeloreError, match="LLMServer team-a/writer") as caught:
        await models(session).chat(ASSISTED)
    assert caught.value.code is ErrorCode.RESOURCE_NOT_READY


async def test_a_key_counts_as_its_file_holds_it_now(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    key = tmp_path / "team-a.writer"
    with fake_chat_server(answering("x")) as server:
        gateway = models(session, writer(server.base_url), api_keys_dir=tmp_path)
        for content in ("first\n", "second"):
            key.write_text(content)
            model = await gateway.chat(ASSISTED)
            assert model is not None
            await model.complete(REQUEST)
        assert server.authorizations == ["Bearer first", "Bearer second"]


async def test_without_a_file_no_key_is_sent(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    with fake_chat_server(answering("x")) as server:
        model = await models(session, writer(server.base_url), api_keys_dir=tmp_path).chat(ASSISTED)
        assert model is not None
        await model.complete(REQUEST)
        assert server.authorizations == [""]


async def test_knowledge_bases_with_the_same_embedding_share_one_embedder(session: aiohttp.ClientSession) -> None:
    gateway = models(session)
    first, second = await gateway.embedder(knowledge_base("one")), await gateway.embedder(knowledge_base("two"))
    assert first is second


async def test_another_query_prefix_is_another_embedder(session: aiohttp.ClientSession) -> None:
    gateway = models(session)
    prefixed = knowledge_base(embedding={"builtin": "all-MiniLM-L6-v2", "queryPrefix": "query: "})
    assert await gateway.embedder(knowledge_base()) is not await gateway.embedder(prefixed)
