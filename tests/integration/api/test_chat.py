import pytest

from support.fake_chat_server import FakeChatServer
from support.gateway import Gateway
from support.http import post


def test_without_a_model_the_best_passage_is_quoted_with_its_source(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", {"query": "When does the office open?", "knowledge_base": "handbook"})
    assert reply.status == 200
    assert "The office opens at nine in the morning and closes at six. [1]" in reply.json["answer"]
    assert "No chat model is configured" in reply.json["answer"]
    assert reply.json["sources"][0]["document"] == "hours.md"


def test_a_chinese_question_is_answered_in_chinese(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", {"query": "年假有几天", "knowledge_base": "handbook"})
    assert "没有配置对话模型" in reply.json["answer"]
    assert "公司每年有十五天年假" in reply.json["answer"]
    assert [source["document"] for source in reply.json["sources"]] == ["holidays.md"]


def test_a_model_answers_from_the_sources(gateway: Gateway, chat: FakeChatServer) -> None:
    reply = post(f"{gateway.url}/chat", {"query": "When does the office open?", "knowledge_base": "assisted"})
    assert reply.json["answer"] == "It opens at nine [1]."
    assert reply.json["sources"][0]["document"] == "hours.md"
    assert "The office opens at nine" in chat.last_messages[-1]["content"]
    assert chat.requests[-1]["model"] == "fake-model"


def test_nothing_another_tenant_wrote_reaches_the_model(gateway: Gateway, chat: FakeChatServer) -> None:
    post(f"{gateway.url}/chat", {"query": "When does the other tenant's office open?", "knowledge_base": "assisted"})
    assert "midnight" not in str(chat.last_messages[1:]).replace("midnight?", "")


@pytest.mark.parametrize(
    ("query", "fallback"),
    [
        ("年假有几天？", "根据已知信息，我无法回答该问题"),
        ("How many holidays are there?", "I can't answer this question from the known information."),
    ],
)
def test_nothing_found_gives_the_fallback_and_asks_no_model(
    gateway: Gateway, chat: FakeChatServer, query: str, fallback: str
) -> None:
    reply = post(f"{gateway.url}/chat", {"query": query, "knowledge_base": "empty"})
    assert reply.json == {"answer": fallback, "sources": []}
    assert chat.requests == []


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"query": "x"}, "knowledge_base"),
        ({"knowledge_base": "handbook"}, "query"),
        ({"query": "  ", "knowledge_base": "handbook"}, "query"),
        ({"query": 7, "knowledge_base": "handbook"}, "query"),
        ({"query": "x", "knowledge_base": "handbook", "tenant": "other"}, "tenant"),
    ],
)
def test_a_bad_request_names_its_parameter(gateway: Gateway, body: dict[str, object], parameter: str) -> None:
    reply = post(f"{gateway.url}/chat", body)
    assert reply.status == 400
    assert reply.json["error"]["param"] == parameter


def test_with_several_knowledge_bases_the_error_names_them(gateway: Gateway) -> None:
    message = post(f"{gateway.url}/chat", {"query": "x"}).json["error"]["message"]
    assert "assisted" in message
    assert "handbook" in message


def test_a_knowledge_base_that_is_not_ready_says_when_to_come_back(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", {"query": "x", "knowledge_base": "unready"})
    assert reply.status == 503
    assert reply.headers["Retry-After"] == "5"
    assert reply.json["error"]["code"] == "RESOURCE_NOT_READY"


def test_a_chat_model_that_is_not_there_is_waited_for(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", {"query": "x", "knowledge_base": "lonely"})
    assert reply.status == 503
    assert "LLMServer default/nobody" in reply.json["error"]["message"]


def test_a_body_that_is_no_json_is_refused(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", b"{query: why}")
    assert (reply.status, reply.json["error"]["param"]) == (400, "body")


def test_a_body_that_is_too_large_is_refused(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", {"query": "x" * 5_000_000})
    assert reply.status == 413
    assert reply.json["error"]["code"] == "REQUEST_TOO_LARGE"


def test_a_body_that_does_not_tell_its_length_is_refused_as_well(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/chat", (b"x" * 100_000 for _ in range(50)))
    assert reply.status == 413
    assert reply.json["error"]["code"] == "REQUEST_TOO_LARGE"


def test_an_unknown_route_answers_in_the_same_shape(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/v1/nothing", {})
    assert reply.status == 404
    assert reply.json["error"]["code"] == "NOT_FOUND"
