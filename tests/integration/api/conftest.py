"""One gateway over the stores of a laptop: Milvus Lite's server, a folder of objects, a folder of manifests."""

import asyncio
from collections.abc import Iterator

import pytest

from kubelore.clock import now
from kubelore.objectstore.factory import make_object_store
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType, Reason, make_condition
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore.resources.llm_server import LLMServerStatus
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore_api.app import create_app
from support.fake_chat_server import FakeChatServer, answering, fake_chat_server
from support.gateway import Gateway, Passage, fill, serving
from support.milvus import milvus_server, milvus_uri

NAMESPACE = "default"

MANIFESTS = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec: {embedding: {builtin: all-MiniLM-L6-v2}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: assisted}
spec: {embedding: {builtin: all-MiniLM-L6-v2}, chat: {llmServerRef: {name: writer}}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: empty}
spec: {embedding: {builtin: all-MiniLM-L6-v2}, chat: {llmServerRef: {name: writer}}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: unready}
spec: {embedding: {builtin: all-MiniLM-L6-v2}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: lonely}
spec: {embedding: {builtin: all-MiniLM-L6-v2}, chat: {llmServerRef: {name: nobody}}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: writer}
spec: {engine: external, serves: [chat], model: {name: fake-model}, external: {baseURL: "http://127.0.0.1:1/v1"}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: vectors}
spec: {engine: embedder, serves: [embedding], model: {name: all-MiniLM-L6-v2}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: far-vectors}
spec: {engine: external, serves: [embedding], model: {name: far-model}, external: {baseURL: "http://127.0.0.1:1/v1"}}
"""

PASSAGES = [
    Passage("hours.md", "The office opens at nine in the morning and closes at six.", metadata={"author": "Ann"}),
    Passage("cats.md", "Cats sleep sixteen hours a day.", metadata={"author": "Bob", "topic": "animals"}),
    Passage("holidays.md", "公司每年有十五天年假，员工可以随时申请。", metadata={"author": "Li"}),
    Passage("salaries.md", "Salaries are paid on the last working day.", groups=["bosses"]),
    Passage("other-tenant.md", "The office of the other tenant opens at midnight.", tenant="other"),
]


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for all tests of it; none of them changes what another one reads."""
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text(MANIFESTS, encoding="utf-8")
    with milvus_server(folder) as milvus, fake_chat_server(answering("It opens at nine [1].")) as chat:
        settings = Settings(
            resources=str(folder / "manifests"),
            state_dir=folder / "state",
            vector_store=milvus_uri(milvus),
            max_upload_bytes=1_000_000,
        )
        resources = FolderResourceStore(folder / "manifests", folder / "state" / "resources.db", NAMESPACE)
        asyncio.run(make_ready(resources, chat))
        fill_all(settings)
        with serving(create_app(settings, resources)) as url:
            yield Gateway(url, resources, make_object_store(settings), chat, settings)


@pytest.fixture
def chat(gateway: Gateway) -> FakeChatServer:
    """The chat model, answering as at the beginning and with nothing remembered."""
    gateway.chat.script = answering("It opens at nine [1].")
    gateway.chat.forget()
    return gateway.chat


async def make_ready(resources: FolderResourceStore, chat: FakeChatServer) -> None:
    """Set the statuses that an operator would."""
    ready = make_condition(ConditionType.READY, status=True, reason=Reason.READY, message="", generation=1, now=now())
    for name in ("handbook", "assisted", "empty", "lonely"):
        await resources.put_status(
            ResourceKey("KnowledgeBase", NAMESPACE, name), KnowledgeBaseStatus(conditions=(ready,), documents=3)
        )
    for name in ("writer", "far-vectors"):
        await resources.put_status(
            ResourceKey("LLMServer", NAMESPACE, name), LLMServerStatus(conditions=(ready,), endpoint=chat.base_url)
        )


def fill_all(settings: Settings) -> None:
    """Put the passages where they are searched."""
    store = make_vector_store(settings)
    for name in ("handbook", "assisted", "lonely"):
        fill(store, NAMESPACE, name, PASSAGES)
    fill(store, NAMESPACE, "empty", [])
    store.close()
