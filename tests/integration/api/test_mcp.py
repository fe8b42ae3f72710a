"""The Model Context Protocol, spoken by its own client."""

import json
from typing import Any

import pytest
from mcp import Client

from kubelore.clock import now
from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.ids import document_id
from kubelore.documents.layout import Layout
from kubelore.documents.record import DocumentRecord, DocumentState
from support.gateway import Gateway
from support.http import get, post


@pytest.fixture
def client(gateway: Gateway) -> Client:
    return Client(f"{gateway.url}/mcp")


async def call(client: Client, tool: str, **arguments: Any) -> tuple[bool, Any]:
    """Call a tool; return whether it failed, and what it said."""
    async with client:
        result = await client.call_tool(tool, arguments)
    if result.is_error:
        return True, result.content[0].model_dump()["text"]
    return False, result.structured_content


def put_document(gateway: Gateway, source: str, **fields: Any) -> str:
    document = document_id("default", "handbook", "default", source)
    layout = Layout("default", "handbook")
    record = {
        "document_id": document,
        "source": source,
        "tenant": "default",
        "name": source,
        "state": DocumentState.COMPLETED,
        "version": "v1",
        "updated_at": now(),
        "metadata": {"author": "Ann"},
    }
    gateway.objects.put(layout.record(document), DocumentRecord(**{**record, **fields}).to_json().encode())
    gateway.objects.put(layout.parsed(document, "v1"), ParsedDocument(text=f"All of {source}.").to_json().encode())
    return document


async def test_the_tools_only_read(client: Client) -> None:
    async with client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == {"search", "fetch"}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)


async def test_a_search_finds_passages_that_can_be_fetched(gateway: Gateway, client: Client) -> None:
    put_document(gateway, "hours.md")
    failed, found = await call(client, "search", query="When does the office open?", knowledge_base="handbook")
    assert not failed
    first = found["results"][0]
    assert (first["title"], first["text"][:10]) == ("hours.md", "The office")
    failed, document = await call(Client(f"{gateway.url}/mcp"), "fetch", id=first["id"])
    assert not failed
    assert (document["text"], document["metadata"]) == ("All of hours.md.", {"author": "Ann"})
    assert get(gateway.url + document["url"]).json["data"][0]["text"] == "All of hours.md."


async def test_no_search_reaches_another_tenant_or_group(client: Client) -> None:
    _, found = await call(client, "search", query="office salaries midnight", knowledge_base="handbook", max_results=50)
    titles = {result["title"] for result in found["results"]}
    assert not {"other-tenant.md", "salaries.md"} & titles


@pytest.mark.parametrize("fields", [{"tenant": "other"}, {"access_groups": ("bosses",)}])
async def test_no_fetch_reaches_another_tenant_or_group(
    gateway: Gateway, client: Client, fields: dict[str, Any]
) -> None:
    document = put_document(gateway, "hidden.md", **fields)
    failed, text = await call(client, "fetch", id=f"default/handbook/{document}")
    assert failed
    assert "All of" not in text


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search", {"query": ""}, "query"),
        ("search", {"query": "x", "knowledge_base": "nowhere"}, "nowhere"),
        ("search", {"query": "x", "knowledge_base": "handbook", "max_results": 0}, "max_results"),
        ("fetch", {"id": "nothing"}, "nothing"),
        ("fetch", {"id": "handbook/../../x"}, "does not exist"),
    ],
)
async def test_a_bad_call_says_what_is_wrong(client: Client, tool: str, arguments: dict[str, Any], said: str) -> None:
    failed, text = await call(client, tool, **arguments)
    assert failed
    assert said in text


def test_what_is_no_protocol_is_refused(gateway: Gateway) -> None:
    assert post(f"{gateway.url}/mcp", {"jsonrpc": "2.0"}, {"Accept": "application/json"}).status == 400
    assert get(f"{gateway.url}/mcp").status == 405
    foreign = post(f"{gateway.url}/mcp", json.dumps({}).encode(), {"Origin": "https://evil.example"})
    assert foreign.status == 403
