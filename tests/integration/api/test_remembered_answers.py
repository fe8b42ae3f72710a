import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubelore.clock import now
from kubelore.jobs.spec import JobOperation
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType, Reason, make_condition
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore.resources.llm_server import LLMServerStatus
from kubelore.settings import Settings
from kubelore_api.app import create_app
from support.fake_chat_server import FakeChatServer, answering, fake_chat_server
from support.gateway import serving
from support.http import get, post
from support.milvus import milvus_server, milvus_uri
from support.processes import wait_until
from support.worker import NAMESPACE, Workshop, one_object

KB = "handbook"
QUESTION = "When does the office open?"
MANIFESTS = f"""
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {{name: {KB}, namespace: {NAMESPACE}}}
spec: {{embedding: {{builtin: all-MiniLM-L6-v2}}, chat: {{llmServerRef: {{name: writer}}}}}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {{name: writer, namespace: {NAMESPACE}}}
spec: {{engine: external, serves: [chat], model: {{name: fake-model}}, external: {{baseURL: "http://127.0.0.1:1/v1"}}}}
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A gateway that remembers answers, over a knowledge base that real workers change."""

    url: str
    chat: FakeChatServer
    workshop: Workshop

    def bring_in(self, text: str) -> None:
        """Change the only document."""
        self.workshop.objects().put("hours.md", text.encode())
        assert self.workshop.upsert(one_object("hours.md"), uid=text).exit_code == 0

    def take_out(self) -> None:
        """Delete the only document."""
        spec = self.workshop.spec(JobOperation.DELETE, one_object("hours.md"), uid="delete")
        assert self.workshop.run(spec).exit_code == 0

    def ask(self) -> str:
        """Ask, and return the text of the first source."""
        reply = post(f"{self.url}/chat", {"query": QUESTION})
        assert reply.status == 200, reply.json
        return reply.json["sources"][0]["text"] if reply.json["sources"] else ""

    def is_remembered(self) -> bool:
        """Ask, and say whether that went without the model."""
        self.chat.forget()
        self.ask()
        return not self.chat.requests

    def has_hit(self, cache: str) -> bool:
        """Say whether a cache ever held what was asked for."""
        return f'cache="{cache}",outcome="hit"' in get(f"{self.url}/metrics").body.decode()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(MANIFESTS, encoding="utf-8")
    with milvus_server(tmp_path) as milvus, fake_chat_server(answering("So it says [1].")) as chat:
        settings = Settings(
            namespace=NAMESPACE,
            resources=str(tmp_path / "manifests"),
            state_dir=tmp_path / "state",
            vector_store=milvus_uri(milvus),
            answer_cache_seconds=3600,
        )
        workshop = Workshop(settings, tmp_path, KB)
        workshop.prepare()
        resources = FolderResourceStore(tmp_path / "manifests", tmp_path / "state" / "resources.db", NAMESPACE)
        asyncio.run(make_ready(resources, chat))
        with serving(create_app(settings, resources)) as url:
            yield Office(url, chat, workshop)


async def make_ready(resources: FolderResourceStore, chat: FakeChatServer) -> None:
    ready = make_condition(ConditionType.READY, status=True, reason=Reason.READY, message="", generation=1, now=now())
    await resources.put_status(ResourceKey("KnowledgeBase", NAMESPACE, KB), KnowledgeBaseStatus(conditions=(ready,)))
    await resources.put_status(
        ResourceKey("LLMServer", NAMESPACE, "writer"), LLMServerStatus(conditions=(ready,), endpoint=chat.base_url)
    )


def test_an_answer_is_remembered_until_its_document_changes(office: Office) -> None:
    office.bring_in("The office opens at nine.")
    wait_until("the answer is remembered", office.is_remembered)
    assert "nine" in office.ask()

    office.bring_in("The office opens at ten.")
    assert "ten" in office.ask()
    wait_until("the new answer is remembered", office.is_remembered)

    office.take_out()
    assert office.ask() == ""


def test_a_stream_is_told_what_is_remembered(office: Office) -> None:
    office.bring_in("The office opens at nine.")
    wait_until("the answer is remembered", office.is_remembered)
    office.chat.forget()
    request = {"model": KB, "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    reply = post(f"{office.url}/v1/chat/completions", request)
    events = [line.removeprefix("data: ") for line in reply.body.decode().splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"].get("content", "") for event in events for choice in json.loads(event)["choices"]]
    assert "".join(deltas) == "So it says [1]."
    assert office.chat.requests == []


def test_what_a_search_found_is_remembered(office: Office) -> None:
    office.bring_in("The office opens at nine.")

    def is_remembered() -> bool:
        post(f"{office.url}/v1/vector_stores/{KB}/search", {"query": QUESTION})
        return office.has_hit("ranking")

    wait_until("the ranking is remembered", is_remembered)
