from typing import Any

import pytest

from support.gateway import Gateway
from support.http import Reply, post


def search(gateway: Gateway, query: object, **more: object) -> Reply:
    return post(f"{gateway.url}/v1/vector_stores/handbook/search", {"query": query, **more})


def found(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.json
    return [result["filename"] for result in reply.json["data"]]


def test_a_question_finds_its_passage_first(gateway: Gateway) -> None:
    assert found(search(gateway, "When does the office open?"))[0] == "hours.md"


def test_a_chinese_question_finds_the_chinese_passage_by_its_words(gateway: Gateway) -> None:
    assert found(search(gateway, "年假有几天")) == ["holidays.md"]


def test_a_result_says_where_it_stands(gateway: Gateway) -> None:
    result = search(gateway, "cats").json["data"][0]
    assert result["content"] == [{"type": "text", "text": "Cats sleep sixteen hours a day."}]
    assert (result["char_start"], result["char_end"], result["page"]) == (0, 31, None)
    assert result["attributes"] == {"author": "Bob", "topic": "animals"}
    assert 0 < result["score"] <= 1


def test_several_queries_are_answered_together(gateway: Gateway) -> None:
    names = found(search(gateway, ["cats sleeping", "office opening hours"], max_num_results=2))
    assert sorted(names) == ["cats.md", "hours.md"]


def test_a_threshold_leaves_the_weak_out(gateway: Gateway) -> None:
    assert found(search(gateway, "cats", ranking_options={"score_threshold": 0.99})) == []


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"type": "eq", "key": "author", "value": "Bob"}, {"cats.md"}),
        ({"type": "ne", "key": "author", "value": "Bob"}, {"hours.md"}),
        ({"type": "in", "key": "author", "value": ["Ann", "Bob"]}, {"cats.md", "hours.md"}),
        ({"type": "nin", "key": "author", "value": ["Ann"]}, {"cats.md"}),
        ({"type": "eq", "key": "source", "value": "hours.md"}, {"hours.md"}),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "topic", "value": "animals"},
                    {
                        "type": "and",
                        "filters": [
                            {"type": "gte", "key": "author", "value": "An"},
                            {"type": "lt", "key": "author", "value": "B"},
                        ],
                    },
                ],
            },
            {"cats.md", "hours.md"},
        ),
    ],
)
def test_filters_narrow_a_search(gateway: Gateway, filters: dict[str, Any], names: set[str]) -> None:
    relevant = {"cats.md", "hours.md"}
    assert set(found(search(gateway, "hours of cats and of the office", filters=filters))) & relevant == names


HOSTILE = [
    'x" or tenant_id == "other',
    "x' or 1 == 1 or '",
    '\\" or true or "',
    "%",
    "{tenant}",
    "x\n or tenant_id != ''",
    '") or (id != "',
    "other\u0000",
    "\uff02 or true",
    "' || true",
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_value_of_a_filter_widens_a_search(gateway: Gateway, payload: str) -> None:
    assert found(search(gateway, "office", filters={"type": "eq", "key": "author", "value": payload})) == []


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_key_of_a_filter_widens_a_search(gateway: Gateway, payload: str) -> None:
    reply = search(gateway, "office", filters={"type": "ne", "key": payload, "value": "x"})
    assert "other-tenant.md" not in reply.body.decode()
    assert reply.status in {200, 400}


@pytest.mark.parametrize("key", ["tenant_id", "metadata.tenant_id", "access_groups", "id"])
def test_no_filter_reaches_another_tenant(gateway: Gateway, key: str) -> None:
    filters = {
        "type": "or",
        "filters": [{"type": "eq", "key": key, "value": "other"}, {"type": "ne", "key": "source", "value": "nothing"}],
    }
    assert "other-tenant.md" not in found(search(gateway, "office of the other tenant at midnight", filters=filters))


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_query_reaches_another_tenant(gateway: Gateway, payload: str) -> None:
    assert "other-tenant.md" not in found(search(gateway, f"office midnight {payload}"))


def test_a_document_for_a_group_is_hidden_from_who_is_not_in_it(gateway: Gateway) -> None:
    assert "salaries.md" not in found(search(gateway, "When are salaries paid?"))


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({}, "query"),
        ({"query": ""}, "query.0"),
        ({"query": ["x", " "]}, "query.1"),
        ({"query": []}, "query"),
        ({"query": 7}, "query"),
        ({"query": "x", "max_num_results": 0}, "max_num_results"),
        ({"query": "x", "max_num_results": 51}, "max_num_results"),
        ({"query": "x", "filters": {"type": "like", "key": "a", "value": 1}}, "filters"),
        ({"query": "x", "filters": {"type": "eq", "key": "page", "value": "three"}}, "filters"),
        ({"query": "x", "filters": {"type": "eq", "key": "page"}}, "filters.eq.value"),
        ({"query": "x", "tenant": "other"}, "tenant"),
    ],
)
def test_a_bad_request_names_its_parameter(gateway: Gateway, body: dict[str, Any], parameter: str) -> None:
    reply = post(f"{gateway.url}/v1/vector_stores/handbook/search", body)
    assert reply.status == 400
    assert reply.json["error"]["param"] == parameter
    assert reply.json["error"]["type"] == "invalid_request_error"


def test_an_unknown_knowledge_base_is_not_found(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/v1/vector_stores/nowhere/search", {"query": "x"})
    assert (reply.status, reply.json["error"]["param"]) == (404, "vector_store_id")


def test_a_namespace_may_be_named(gateway: Gateway) -> None:
    assert post(f"{gateway.url}/v1/vector_stores/default/handbook/search", {"query": "cats"}).status == 200
    assert post(f"{gateway.url}/v1/vector_stores/other/handbook/search", {"query": "cats"}).status == 404
