import pytest
from openai import NotFoundError

from support.fake_chat_server import FakeChatServer
from support.gateway import Gateway
from support.http import Reply, delete, get, post, put

HELPER = {
    "name": "helper",
    "knowledge_bases": ["assisted", "handbook"],
    "system_prompt": "You are the front desk.",
    "temperature": 0.5,
    "max_tokens": 99,
    "top_k": 1,
    "welcome_message": "你好！",
    "suggested_questions": ["When does it open?"],
}


@pytest.fixture
def assistant(gateway: Gateway) -> str:
    """An assistant's name."""
    delete(f"{gateway.url}/v1/assistants/helper")
    reply = post(f"{gateway.url}/v1/assistants", HELPER)
    assert reply.status == 201, reply.body
    return "helper"


@pytest.fixture
def session(gateway: Gateway, assistant: str) -> str:
    """The address of a new conversation."""
    reply = post(f"{gateway.url}/v1/sessions", {"model": assistant})
    assert reply.status == 201, reply.body
    return f"{gateway.url}/v1/sessions/{reply.json['id']}"


def ask(session: str, question: str) -> Reply:
    return post(f"{session}/turns", {"query": question})


def test_an_assistant_is_a_model_that_answers_in_its_own_way(
    gateway: Gateway, chat: FakeChatServer, assistant: str
) -> None:
    answer = gateway.openai().chat.completions.create(
        model=assistant, messages=[{"role": "user", "content": "When does the office open?"}]
    )
    assert answer.choices[0].message.content == "It opens at nine [1]."
    request = chat.requests[-1]
    assert request["messages"][0]["content"] == "You are the front desk."
    assert (request["temperature"], request["max_tokens"]) == (0.5, 99)
    assert len(answer.model_dump()["sources"]) == 1
    assert assistant in {model.id for model in gateway.openai().models.list()}
    assert gateway.openai().models.retrieve(assistant).id == assistant


def test_it_is_streamed_as_any_model(gateway: Gateway, chat: FakeChatServer, assistant: str) -> None:
    events = gateway.openai().chat.completions.create(
        model=assistant, messages=[{"role": "user", "content": "When does the office open?"}], stream=True
    )
    text = "".join(choice.delta.content or "" for event in events for choice in event.choices)
    assert text.strip() == "It opens at nine [1]."
    assert chat.requests[-1]["stream"] is True


def test_a_deleted_assistant_is_no_model(gateway: Gateway, assistant: str) -> None:
    assert delete(f"{gateway.url}/v1/assistants/{assistant}").status == 204
    with pytest.raises(NotFoundError):
        gateway.openai().models.retrieve(assistant)


@pytest.mark.parametrize(
    ("changed", "status", "named"),
    [
        ({"name": "handbook"}, 409, "handbook"),
        ({"name": "writer"}, 409, "writer"),
        ({"name": "helper"}, 409, "helper"),
        ({"name": "a/b"}, 400, "name"),
        ({"name": "other", "knowledge_bases": ["nowhere"]}, 404, "nowhere"),
        ({"name": "other", "knowledge_bases": []}, 400, "knowledge_bases"),
        ({"name": "other", "top_k": 0}, 400, "top_k"),
    ],
)
def test_a_bad_assistant_is_refused_by_what_is_wrong(
    gateway: Gateway, assistant: str, changed: dict[str, object], status: int, named: str
) -> None:
    assert assistant == "helper"
    reply = post(f"{gateway.url}/v1/assistants", HELPER | changed)
    assert reply.status == status, reply.body
    assert named in reply.body.decode()


def test_an_assistant_changes_but_for_its_name(gateway: Gateway, assistant: str) -> None:
    address = f"{gateway.url}/v1/assistants/{assistant}"
    assert put(address, HELPER | {"top_k": 5}).json["top_k"] == 5
    assert get(address).json["top_k"] == 5
    assert put(address, HELPER | {"name": "another"}).json["error"]["param"] == "name"


def test_a_conversation_is_kept_with_what_its_answers_stand_on(session: str, chat: FakeChatServer) -> None:
    first = ask(session, "When does the office open?")
    assert first.status == 201, first.body
    ask(session, "And when does it close?")
    said = [message["content"] for message in chat.last_messages]
    assert "When does the office open?" in said
    assert "It opens at nine [1]." in said
    history = get(session).json
    assert history["title"] == "When does the office open?"
    assert [turn["question"] for turn in history["turns"]] == ["When does the office open?", "And when does it close?"]
    turn = history["turns"][0]
    assert (turn["prompt_tokens"], turn["completion_tokens"]) == (11, 7)
    assert turn["sources"][0]["document"] == "hours.md"
    assert turn["sources"][0]["document_id"]


def test_feedback_is_kept_with_its_comment(session: str, chat: FakeChatServer) -> None:
    turn = ask(session, "When does the office open?").json
    assert chat.requests
    address = f"{session}/turns/{turn['id']}/feedback"
    assert put(address, {"feedback": -1, "comment": "太短"}).status == 200
    kept = get(session).json["turns"][0]
    assert (kept["feedback"], kept["comment"]) == (-1, "太短")
    assert put(address, {"feedback": 2}).json["error"]["param"] == "feedback"
    assert put(f"{session}/turns/unknown/feedback", {"feedback": 1}).status == 404


def test_a_deleted_conversation_has_gone(session: str) -> None:
    assert delete(session).status == 204
    assert get(session).status == 404
    assert ask(session, "Are you there?").status == 404


def test_no_conversation_is_begun_with_what_does_not_answer(gateway: Gateway) -> None:
    for model, status in (("nobody", 404), ("writer", 400), ("unready", 503)):
        assert post(f"{gateway.url}/v1/sessions", {"model": model}).status == status, model


def test_all_that_is_kept_of_a_user_can_be_taken_along_and_deleted(
    gateway: Gateway, session: str, chat: FakeChatServer
) -> None:
    ask(session, "When does the office open?")
    assert chat.requests
    exported = get(f"{gateway.url}/v1/personal_data/me").json["data"]
    assert "When does the office open?" in {turn["question"] for turn in exported["turns"]}
    assert delete(f"{gateway.url}/v1/personal_data/me").json["deleted"] > 0
    assert get(f"{gateway.url}/v1/sessions").json["data"] == []


def test_what_was_used_is_reported(gateway: Gateway, session: str, chat: FakeChatServer) -> None:
    def used() -> dict[str, int]:
        lines = get(f"{gateway.url}/v1/usage").json["data"]
        return {line["model"]: line["prompt_tokens"] for line in lines if line["prompt_tokens"]}

    before = used()
    ask(session, "When does the office open?")
    post(f"{gateway.url}/chat", {"query": "When does the office open?", "knowledge_base": "assisted"})
    gateway.openai().chat.completions.create(
        model="helper", messages=[{"role": "user", "content": "When does the office open?"}]
    )
    after = used()
    assert chat.requests
    assert after["default/assisted"] - before.get("default/assisted", 0) == 22
    assert after["helper"] - before.get("helper", 0) == 11
    table = get(f"{gateway.url}/v1/usage?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert b"tenant,subject,model,requests,prompt_tokens" in table.body
    assert (
        'rag_tokens_total{kind="prompt",model="helper",tenant="default"}' in get(f"{gateway.url}/metrics").body.decode()
    )
