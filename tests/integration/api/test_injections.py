"""No text in any parameter that reaches a filter widens what is found, deleted or told."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from support.gateway import Gateway
from support.http import Reply, delete, get, post
from support.injections import INJECTIONS

HIDDEN = (b"midnight", b"Salaries are paid")
"""What stands in the rows of another tenant, and of a group that the caller is not in."""

SEARCH = "/v1/vector_stores/handbook/search"
QUESTION = "When does the office open, when are salaries paid?"


def filtered(gateway: Gateway, filters: dict[str, Any]) -> Reply:
    return post(f"{gateway.url}{SEARCH}", {"query": QUESTION, "filters": filters, "max_num_results": 50})


def names(reply: Reply) -> set[str]:
    assert reply.status == 200, reply.body
    return {result["filename"] for result in reply.json["data"]}


@pytest.fixture(scope="module")
def visible(gateway: Gateway) -> set[str]:
    return names(post(f"{gateway.url}{SEARCH}", {"query": QUESTION, "max_num_results": 50}))


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(INJECTIONS)) >= 100


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_value_changes_what_a_filter_finds(gateway: Gateway, visible: set[str], text: str) -> None:
    assert names(filtered(gateway, {"type": "eq", "key": "author", "value": text})) == set()
    assert names(filtered(gateway, {"type": "in", "key": "source", "value": [text, text]})) == set()
    assert names(filtered(gateway, {"type": "nin", "key": "source", "value": [text]})) == visible


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_key_or_question_reaches_hidden_rows(gateway: Gateway, text: str) -> None:
    by_key = filtered(gateway, {"type": "ne", "key": text, "value": "x"})
    by_question = post(f"{gateway.url}{SEARCH}", {"query": f"{text} {QUESTION}"[:8000], "max_num_results": 50})
    tool = {"type": "file_search", "vector_store_ids": ["handbook"]}
    tool["filters"] = {"type": "or", "filters": [{"type": "eq", "key": "author", "value": text}]}
    body = {"model": "handbook", "input": QUESTION, "tools": [tool], "include": ["file_search_call.results"]}
    by_tool = post(f"{gateway.url}/v1/responses", body)
    assert by_key.status in {200, 400}
    assert (by_question.status, by_tool.status) == (200, 200)
    assert not [hidden for hidden in HIDDEN for reply in (by_key, by_question, by_tool) if hidden in reply.body]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_name_reads_or_deletes_what_is_not_the_callers(gateway: Gateway, text: str) -> None:
    name = quote(text, safe="")
    replies = [
        get(f"{gateway.url}/v1/vector_stores/handbook/files/{name}"),
        delete(f"{gateway.url}/v1/vector_stores/handbook/files/{name}"),
        get(f"{gateway.url}/v1/files/{name}"),
        get(f"{gateway.url}/task-status/{name}"),
        post(f"{gateway.url}/v1/vector_stores/{name}/search", {"query": "x"}),
        post(f"{gateway.url}/chat", {"query": "x", "knowledge_base": text[:400]}),
    ]
    assert {reply.status for reply in replies} <= {400, 404, 405}, [reply.body for reply in replies]
    assert all(json.loads(reply.body)["error"] for reply in replies)
