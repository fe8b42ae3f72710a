"""What one tenant has, at every route and verb of the application, against all that another one sends."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from websockets.sync.client import connect

from kubelore.clock import now
from kubelore.documents.ids import document_id
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType, Reason, make_condition
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore.resources.llm_server import LLMServerStatus
from kubelore.vectorstore.factory import make_vector_store
from kubelore_api.app import create_app
from support.fake_chat_server import FakeChatServer, chunks, completion, fake_chat_server
from support.gateway import Passage, fill, serving
from support.http import Reply, request
from support.identity_provider import IdentityProvider, identity_provider
from support.milvus import milvus_server, milvus_uri
from support.openapi_requests import Sent, operations

NAMESPACE = "default"
MARK = "zebrafish"
"""What only the first tenant's things hold."""

_TIMES = re.compile(rb'"(since|until)":"[^"]*"')
"""What a report says of when it was made."""

MANIFESTS = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: shared}
spec: {embedding: {builtin: all-MiniLM-L6-v2}, chat: {llmServerRef: {name: writer}}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: writer}
spec: {engine: external, serves: [chat], model: {name: fake}, external: {baseURL: "http://127.0.0.1:1/v1"}}
"""
PASSAGES = [
    Passage(f"{MARK}.md", f"The office of the {MARK} opens at nine.", tenant="acme", metadata={"author": MARK}),
    Passage("secret.md", f"The office safe's number is {MARK}.", tenant="acme", groups=["bosses"]),
    Passage("other.md", "The office opens at midnight.", tenant="other"),
]


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A gateway that two tenants share."""

    url: str
    issuer: IdentityProvider

    def ask(self, tenant: str, sent: Sent, **claims: Any) -> Reply:
        """Send a request as an admin of a tenant."""
        token = self.issuer.token(**{"tenant": tenant, "roles": ["admin"], "groups": None, **claims})
        headers = {**sent.headers, "Authorization": f"Bearer {token}"}
        return request(sent.method, f"{self.url}{sent.path}", sent.body, headers)

    def post(self, tenant: str, path: str, body: object, **claims: Any) -> Any:
        """Make something, and return what it is."""
        sent = Sent("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        reply = self.ask(tenant, sent, **claims)
        assert reply.status < 300, reply.body
        return reply.json

    def upload(self, tenant: str, name: str, knowledge_base: str | None) -> str:
        """Upload a file, and return its id."""
        into = f'--x\r\nContent-Disposition: form-data; name="knowledge_base"\r\n\r\n{knowledge_base}\r\n'
        file = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n# {MARK}\r\n--x--\r\n'
        body = ((into if knowledge_base else "") + file).encode()
        reply = self.ask(tenant, Sent("POST", "/v1/files", body, {"Content-Type": "multipart/form-data; boundary=x"}))
        assert reply.status in {200, 202}, reply.body
        return str(reply.json["id"])

    def description(self) -> Any:
        """The application's own list of its routes."""
        return request("GET", f"{self.url}/openapi.json", None, {}).json


@dataclass(frozen=True, slots=True)
class Belongings:
    """The ids of what the first tenant has."""

    by_parameter: dict[str, list[str]]

    @property
    def all(self) -> list[str]:
        """Every id."""
        return [value for values in self.by_parameter.values() for value in values]


class FakeFinishedStore(FolderResourceStore):
    """Takes every task for completed at once: no worker runs here, and some routes wait for a task's end."""

    async def create_ingest_task(self, task: IngestTask) -> IngestTask:
        """Create it, and end it."""
        created = await super().create_ingest_task(task)
        await self.put_status(created.key, IngestTaskStatus(phase=TaskPhase.COMPLETED))
        return created


async def echoing(_server: FakeChatServer, http: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    """Answer with all that the model was told, so that nothing in the prompt stays hidden."""
    told = json.dumps(body["messages"])
    if not body.get("stream"):
        return web.json_response(completion(told))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(http)
    for piece in [*chunks(told), b"data: [DONE]\n\n"]:
        await response.write(piece)
    return response


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenancy]:
    folder = tmp_path_factory.mktemp("tenancy")
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text(MANIFESTS, encoding="utf-8")
    with identity_provider() as issuer, milvus_server(folder) as milvus, fake_chat_server(echoing) as chat:
        settings = issuer.settings(
            resources=str(folder / "manifests"), state_dir=folder / "state", vector_store=milvus_uri(milvus)
        )
        resources = FakeFinishedStore(folder / "manifests", folder / "state" / "resources.db", NAMESPACE)
        asyncio.run(make_ready(resources, chat))
        store = make_vector_store(settings)
        fill(store, NAMESPACE, "shared", PASSAGES)
        store.close()
        with serving(create_app(settings, resources)) as url:
            yield Tenancy(url, issuer)


@pytest.fixture(scope="module")
def belongings(tenancy: Tenancy) -> Belongings:
    """One of everything."""
    assistant = {"name": "helper", "knowledge_bases": ["shared"], "welcome_message": MARK}
    tenancy.post("acme", "/v1/assistants", assistant)
    session = tenancy.post("acme", "/v1/sessions", {"model": "helper"})["id"]
    turn = tenancy.post("acme", f"/v1/sessions/{session}/turns", {"query": f"When does the {MARK} open?"})["id"]
    key = tenancy.post("acme", "/v1/api_keys", {"name": MARK})["id"]
    response = tenancy.post("acme", "/v1/responses", {"model": "writer", "input": MARK})["id"]
    kept = tenancy.upload("acme", f"{MARK}.md", None)
    task = tenancy.upload("acme", f"{MARK}.md", "shared")
    batch = tenancy.post("acme", "/v1/vector_stores/shared/file_batches", {"file_ids": [kept]})["id"]
    parts = {"filename": f"{MARK}.md", "purpose": "assistants", "bytes": 7, "mime_type": "text/markdown"}
    announced = tenancy.post("acme", "/v1/uploads", parts)["id"]
    return Belongings(
        {
            "name": ["shared", "helper"],
            "session_id": [session],
            "turn_id": [turn],
            "key_id": [key],
            "response_id": [response],
            "file_id": [kept],
            "upload_id": [announced],
            "batch_id": [batch],
            "task_id": [task],
            "subject": ["ann"],
        }
    )


async def make_ready(resources: FolderResourceStore, chat: FakeChatServer) -> None:
    ready = make_condition(ConditionType.READY, status=True, reason=Reason.READY, message="", generation=1, now=now())
    status = KnowledgeBaseStatus(conditions=(ready,), documents=7919, chunks=7919)
    await resources.put_status(ResourceKey("KnowledgeBase", NAMESPACE, "shared"), status)
    server = LLMServerStatus(conditions=(ready,), endpoint=chat.base_url)
    await resources.put_status(ResourceKey("LLMServer", NAMESPACE, "writer"), server)


def every_request(tenancy: Tenancy, belongings: Belongings) -> list[Sent]:
    return [
        sent
        for operation in operations(tenancy.description())
        for sent in operation.requests(belongings.by_parameter, belongings.all)
    ]


def own_view(tenancy: Tenancy, belongings: Belongings) -> dict[str, tuple[int, bytes]]:
    """What the first tenant gets at each address that only reads."""
    paths = sorted({sent.path for sent in every_request(tenancy, belongings) if sent.method == "GET"})
    read = {path: tenancy.ask("acme", Sent("GET", path, None, {})) for path in paths if not path.startswith("/readyz")}
    return {path: (reply.status, _TIMES.sub(b"", reply.body)) for path, reply in read.items()}


def test_the_first_tenant_sees_what_the_second_must_not(tenancy: Tenancy, belongings: Belongings) -> None:
    view = own_view(tenancy, belongings)
    seen = {path for path, (status, body) in view.items() if status == 200 and MARK.encode() in body}
    session = belongings.by_parameter["session_id"][0]
    assert {"/v1/assistants", f"/v1/sessions/{session}", "/v1/api_keys", "/v1/personal_data/tenant"} <= seen


def test_no_request_of_another_tenant_shows_or_changes_anything(tenancy: Tenancy, belongings: Belongings) -> None:
    before = own_view(tenancy, belongings)
    for sent in every_request(tenancy, belongings):
        reply = tenancy.ask("other", sent)
        assert reply.status != 500, (sent, reply.body)
        shown = reply.body + str(reply.headers).encode()
        assert MARK.encode() not in shown, (sent, reply.status, reply.body)
        assert b":7919" not in shown, (sent, reply.body)
    assert own_view(tenancy, belongings) == before


def test_what_another_tenant_has_is_answered_as_what_nobody_has(tenancy: Tenancy, belongings: Belongings) -> None:
    for parameter, (value, *_) in belongings.by_parameter.items():
        if parameter in {"name", "subject"}:
            continue
        nobodys = value[:-6] + ("000000" if not value.endswith("000000") else "111111")
        for operation in operations(tenancy.description()):
            if f"{{{parameter}}}" not in operation.path:
                continue
            for sent in operation.requests({**belongings.by_parameter, parameter: [value]}, [value]):
                blank = Sent(sent.method, sent.path.replace(value, nobodys), sent.body, sent.headers)
                theirs, unknown = tenancy.ask("other", sent), tenancy.ask("other", blank)
                assert theirs.status == unknown.status, sent
                assert theirs.body.replace(value.encode(), nobodys.encode()) == unknown.body, sent


def test_a_group_is_a_wall_within_the_tenant(tenancy: Tenancy, belongings: Belongings) -> None:
    assert belongings.all
    question = {"query": "What is the number of the office safe?", "knowledge_base": "shared"}
    seen = [
        {source["document"] for source in tenancy.post("acme", "/chat", question, groups=groups)["sources"]}
        for groups in (None, ["staff"], ["bosses"])
    ]
    assert [("secret.md" in documents) for documents in seen] == [False, False, True]


def test_no_role_within_a_tenant_reaches_the_metrics(tenancy: Tenancy) -> None:
    assert tenancy.ask("other", Sent("GET", "/metrics", None, {})).status == 403


def test_nothing_that_a_caller_sends_beside_its_credential_makes_it_another_tenant(tenancy: Tenancy) -> None:
    for header in ("X-Tenant", "X-Kubelore-Tenant", "OpenAI-Organization", "X-Forwarded-User", "Tenant"):
        body = json.dumps({"query": "office", "knowledge_base": "shared"}).encode()
        sent = Sent("POST", "/chat?tenant=acme", body, {"Content-Type": "application/json", header: "acme"})
        reply = tenancy.ask("other", sent)
        assert reply.status == 200
        assert {source["document"] for source in reply.json["sources"]} == {"other.md"}


def tool_result(tenancy: Tenancy, tenant: str, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Call a tool of the Model Context Protocol; return whether it failed, and all that it said."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    reply = tenancy.ask(tenant, Sent("POST", "/mcp", json.dumps(call).encode(), headers))
    assert reply.status == 200, reply.body
    body = reply.body.decode()
    return '"isError":true' in body.replace(" ", ""), body


def test_the_tools_of_another_tenant_find_nothing_of_it(tenancy: Tenancy, belongings: Belongings) -> None:
    assert belongings.all
    question = {"query": f"When does the {MARK} open?", "knowledge_base": "shared"}
    answers = {tenant: tool_result(tenancy, tenant, "search", **question)[1] for tenant in ("acme", "other")}
    document = document_id(NAMESPACE, "shared", "acme", f"{MARK}.md")
    fetched = tool_result(tenancy, "other", "fetch", id=f"{NAMESPACE}/shared/{document}")

    assert [MARK in answers[tenant] for tenant in ("acme", "other")] == [True, False]
    assert (fetched[0], MARK in fetched[1]) == (True, False)


def told_over_websocket(tenancy: Tenancy, tenant: str, question: str) -> str:
    """Ask a question in a talk, and return all that was said until the answer ended."""
    token = tenancy.issuer.token(tenant=tenant, roles=["admin"])
    address = f"{tenancy.url.replace('http://', 'ws://')}/api/v1/ws/chat?knowledge_base=shared"
    told = ""
    with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        socket.send(json.dumps({"content": question}))
        while '"done"' not in told:
            told += str(socket.recv(timeout=60))
    return told


def test_a_talk_of_another_tenant_is_told_nothing_of_it(tenancy: Tenancy) -> None:
    answers = {tenant: told_over_websocket(tenancy, tenant, "When does it open?") for tenant in ("acme", "other")}
    assert [MARK in answers[tenant] for tenant in ("acme", "other")] == [True, False]
