"""A running gateway over real stores, and rows for it to find."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import uvicorn
from fastapi import FastAPI
from openai import OpenAI
from pydantic import SecretStr

from kubelore.clock import now
from kubelore.documents.ids import chunk_key, content_version, document_id
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.factory import make_embedder
from kubelore.embedding.interface import Embedder
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.knowledge_base import IndexProfile
from kubelore.settings import Settings
from kubelore.vectorstore.interface import CollectionSpec, Row, VectorStore
from kubelore.vectorstore.names import CollectionNames
from support.fake_chat_server import FakeChatServer
from support.processes import free_port, wait_until


@dataclass(frozen=True, slots=True)
class Passage:
    """A document of one chunk."""

    source: str
    text: str
    tenant: str = "default"
    groups: Sequence[str] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway, and what stands behind it."""

    url: str
    resources: FolderResourceStore
    objects: ObjectStore
    chat: FakeChatServer
    settings: Settings

    def openai(self, api_key: str = "none") -> OpenAI:
        """The official client, pointed here; it tries once."""
        return OpenAI(base_url=f"{self.url}/v1", api_key=api_key, max_retries=0)


@cache
def builtin_embedder() -> Embedder:
    """The embedder in this process, loaded once a run."""
    return make_embedder(EmbedderConfig(), Settings(), SecretStr(""))


def fill(store: VectorStore, namespace: str, knowledge_base: str, passages: Sequence[Passage]) -> None:
    """Create a knowledge base's collection and put passages into it, as an ingest does."""
    names = CollectionNames(namespace, knowledge_base)
    embedder = builtin_embedder()
    store.ensure_collection(CollectionSpec(names.collection(1), embedder.dimension, IndexProfile.FAST, 16, 200))
    texts = [passage.text for passage in passages]
    vectors: Sequence[Sequence[float]] = embedder.embed_passages(texts).tolist() if texts else []
    rows = [_row(namespace, knowledge_base, passage, vector) for passage, vector in zip(passages, vectors, strict=True)]
    store.upsert(names.collection(1), rows)
    store.point_alias(names.alias, names.collection(1))


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on loopback from a thread, and yield its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until("the gateway serves", lambda: server.started or not thread.is_alive(), 180)
    assert server.started, "the gateway did not start"
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def _row(namespace: str, knowledge_base: str, passage: Passage, vector: Sequence[float]) -> Row:
    document = document_id(namespace, knowledge_base, passage.tenant, passage.source)
    version = content_version([passage.text.encode()])
    return Row(
        id=chunk_key(passage.tenant, document, version, 0),
        vector=vector,
        chunk_text=passage.text,
        document_id=document,
        document_version=version,
        chunk_id=0,
        tenant_id=passage.tenant,
        source=passage.source,
        title=passage.title or passage.source,
        heading_path="",
        page=None,
        char_start=0,
        char_end=len(passage.text),
        access_groups=tuple(passage.groups),
        metadata=dict(passage.metadata),
        ingested_at=now(),
    )
