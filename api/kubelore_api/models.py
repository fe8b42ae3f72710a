"""The embedders, rerankers and chat models that knowledge bases name, each made once a process."""

import asyncio
from collections.abc import Callable

import aiohttp
from pydantic import SecretStr

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.factory import make_embedder
from kubelore.embedding.interface import Embedder
from kubelore.embedding.resolve import is_builtin, resolve_embedder
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.endpoint import CHAT, DEFAULT_TIMEOUT, EMBEDDER, RERANKER, Endpoint
from kubelore.llm.interface import ChatModel
from kubelore.llm.openai_shaped import OpenAIShapedChat
from kubelore.llm.resolve import resolve_served
from kubelore.rerank.interface import Reranker
from kubelore.rerank.openai_shaped import RERANK_TIMEOUT, OpenAIShapedReranker
from kubelore.resources.base import LocalRef
from kubelore.resources.generations import answering
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer, LLMServerSpec, Task
from kubelore.resources.store import ResourceStore
from kubelore.settings import Settings
from kubelore_api.threads import Threads
from kubelore_api.tracing.spans import NO_SPANS, Spans
from kubelore_api.tracing.traced_endpoint import TracedEndpoint

_BLAME = {Task.CHAT: CHAT, Task.EMBEDDING: EMBEDDER, Task.RERANK: RERANKER}


def _uncached(embedder: Embedder, _config: EmbedderConfig) -> Embedder:
    return embedder


class Models:
    """Finds a knowledge base's models through its LLMServers."""

    def __init__(
        self,
        settings: Settings,
        resources: ResourceStore,
        session: aiohttp.ClientSession,
        threads: Threads,
        spans: Spans = NO_SPANS,
        cached: Callable[[Embedder, EmbedderConfig], Embedder] = _uncached,
    ) -> None:
        """Take the session that all chat models share, and what keeps the vectors of an embedder's questions."""
        self._cached = cached
        self._settings = settings
        self._resources = resources
        self._session = session
        self._threads = threads
        self._spans = spans
        self._embedders: dict[tuple[EmbedderConfig, SecretStr], Embedder] = {}
        self._making = asyncio.Lock()

    async def embedder(self, kb: KnowledgeBase) -> Embedder:
        """Return the embedder of the generation that answers; raises KubeloreError as `resolve_embedder` does."""
        built = answering(kb)
        server = await self._server(kb, built.spec.embedding.llm_server_ref)
        config = resolve_embedder(built, server, in_process=self._settings.embedded)
        return await self._made(config, self._api_key(server))

    async def chat(self, kb: KnowledgeBase) -> ChatModel | None:
        """Return the knowledge base's chat model, or None where it has none; raises as `endpoint` does."""
        server = await self._server(kb, kb.spec.chat.llm_server_ref)
        if server is None:
            return None
        return self.chat_of(server)

    def chat_of(self, server: LLMServer) -> ChatModel:
        """Return the chat model that a model server serves; raises as `endpoint` does."""
        return OpenAIShapedChat(self.endpoint(server, Task.CHAT))

    async def reranker(self, kb: KnowledgeBase) -> Reranker:
        """Return the knowledge base's reranker, which it has where it reranks; raises as `endpoint` does."""
        server = await self._server(kb, kb.spec.reranker.llm_server_ref if kb.spec.reranker is not None else None)
        if server is None:
            raise KubeloreError(ErrorCode.RESOURCE_INVALID, str(kb.key), "spec.reranker is missing")
        return OpenAIShapedReranker(self.endpoint(server, Task.RERANK))

    async def server_specs(self, kb: KnowledgeBase) -> list[LLMServerSpec]:
        """Return what the model servers are that answer for it; raises RESOURCE_NOT_READY where one is missing."""
        reranker = kb.spec.reranker.llm_server_ref if kb.spec.reranker is not None else None
        refs = (answering(kb).spec.embedding.llm_server_ref, reranker, kb.spec.chat.llm_server_ref)
        found = [await self._server(kb, ref) for ref in refs]
        return [server.spec for server in found if server is not None]

    async def embedding(self, model: KnowledgeBase | LLMServer) -> Embedder | Endpoint:
        """Return what embeds for a knowledge base or a model server: in this process, or behind an endpoint."""
        if isinstance(model, KnowledgeBase):
            return await self.embedder(model)
        if self._settings.embedded and is_builtin(model):
            return await self._made(EmbedderConfig(precision=model.spec.model.precision), SecretStr(""))
        return self.endpoint(model, Task.EMBEDDING)

    def endpoint(self, server: LLMServer, task: Task) -> Endpoint:
        """Return where a model server is asked for a task; raises as `resolve_served` does."""
        served = resolve_served(server, task)
        key = self._api_key(server).get_secret_value()
        timeout = RERANK_TIMEOUT if task is Task.RERANK else DEFAULT_TIMEOUT
        if self._spans.are_on:
            return TracedEndpoint(self._spans, self._session, served, key, timeout, _BLAME[task])
        return Endpoint(self._session, served, key, timeout, _BLAME[task])

    def close(self) -> None:
        """Close every embedder."""
        for embedder in self._embedders.values():
            embedder.close()

    async def _made(self, config: EmbedderConfig, key: SecretStr) -> Embedder:
        async with self._making:
            if (config, key) not in self._embedders:
                self._embedders[config, key] = await self._threads.run(self._make, config, key)
        return self._embedders[config, key]

    def _make(self, config: EmbedderConfig, key: SecretStr) -> Embedder:
        return self._cached(make_embedder(config, self._settings, key), config)

    async def _server(self, kb: KnowledgeBase, ref: LocalRef | None) -> LLMServer | None:
        if ref is None:
            return None
        try:
            return await self._resources.llm_server(kb.metadata.namespace, ref.name)
        except KubeloreError as error:
            if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
                raise
            # The caller asked for a knowledge base, and that is there: it waits for its server.
            raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, str(kb.key), error.message) from error

    def _api_key(self, server: LLMServer | None) -> SecretStr:
        """Return the server's key as its file holds it now: a rotated key counts from the next request."""
        if server is None or self._settings.api_keys_dir is None:
            return SecretStr("")
        path = self._settings.api_keys_dir / f"{server.metadata.namespace}.{server.metadata.name}"
        return SecretStr(path.read_text(encoding="utf-8").strip() if path.is_file() else "")
