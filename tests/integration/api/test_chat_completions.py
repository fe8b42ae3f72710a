import http.client
import json
from typing import Any

import openai
import pytest

from support.fake_chat_server import (
    FakeChatServer,
    Script,
    answering,
    answering_in_turn,
    chunk,
    chunks,
    refusing,
    silent,
    streaming,
    streaming_for_ever,
)
from support.gateway import Gateway
from support.http import get, post
from support.processes import wait_until

QUESTION: list[Any] = [{"role": "user", "content": "When does the office open?"}]


def ask(gateway: Gateway, **more: Any) -> Any:
    return post(f"{gateway.url}/v1/chat/completions", {"model": "assisted", "messages": QUESTION, **more})


def metric(gateway: Gateway, name: str) -> float:
    lines = get(f"{gateway.url}/metrics").body.decode().splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def test_the_official_client_gets_an_answer_with_sources(gateway: Gateway, chat: FakeChatServer) -> None:
    answer = gateway.openai().chat.completions.create(model="assisted", messages=QUESTION)
    assert answer.choices[0].message.content == "It opens at nine [1]."
    assert answer.model == "assisted"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 18
    assert answer.model_dump()["sources"][0]["document"] == "hours.md"
    assert len(chat.requests) == 1


def test_the_official_client_streams_an_answer_with_sources(gateway: Gateway, chat: FakeChatServer) -> None:
    events = list(gateway.openai().chat.completions.create(model="assisted", messages=QUESTION, stream=True))
    text = "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert text.strip() == "It opens at nine [1]."
    assert events[-1].model_dump()["sources"][0]["document"] == "hours.md"
    assert chat.requests[0]["stream"] is True


def test_the_official_clients_streaming_helper_accumulates_the_answer(gateway: Gateway, chat: FakeChatServer) -> None:
    with gateway.openai().chat.completions.stream(model="assisted", messages=QUESTION) as stream:
        final = stream.get_final_completion()
    assert (final.choices[0].message.content or "").strip() == "It opens at nine [1]."
    assert len(chat.requests) == 1


def test_the_models_bytes_pass_through_untouched(gateway: Gateway, chat: FakeChatServer) -> None:
    events = [*chunks("It opens at nine [1]."), b": a comment\n\n", b'data: {"odd":  true, "choices": []}\r\n\r\n']
    chat.script = streaming([*events, b"data: [DONE]\n\n"])
    body = ask(gateway, stream=True).body
    assert body.startswith(b"".join(events) + b"data: {")
    assert body.endswith(b"]}\n\ndata: [DONE]\n\n")
    assert body.count(b'"sources"') == 1


def test_without_a_model_the_passages_are_streamed_in_the_same_shape(gateway: Gateway) -> None:
    stream = gateway.openai().chat.completions.create(
        model="handbook", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    events = list(stream)
    assert "opens at nine" in "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert [event.usage.total_tokens for event in events if event.usage] == [0]
    assert events[-1].model_dump()["sources"][0]["document"] == "hours.md"


def test_what_the_client_asks_of_the_model_goes_to_the_model(gateway: Gateway, chat: FakeChatServer) -> None:
    ask(gateway, seed=7, stop=["\n"], temperature=0.9, max_tokens=5, user="ann")
    sent = chat.requests[-1]
    assert (sent["seed"], sent["stop"], sent["temperature"], sent["max_tokens"], sent["user"]) == (
        7,
        ["\n"],
        0.9,
        5,
        "ann",
    )
    assert sent["model"] == "fake-model"


def test_the_history_goes_to_the_model_and_its_rewritten_question_is_searched(
    gateway: Gateway, chat: FakeChatServer
) -> None:
    chat.script = answering_in_turn("How long do cats sleep?", "Sixteen hours [1].")
    history = [
        {"role": "system", "content": "Answer like a pirate."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Ahoy"},
        {"role": "user", "content": [{"type": "text", "text": "And how long do they sleep?"}]},
    ]
    answer = ask(gateway, messages=history).json
    assert answer["sources"][0]["document"] == "cats.md"
    assert answer["choices"][0]["message"]["content"] == "Sixteen hours [1]."
    assert chat.last_messages[-1]["content"].endswith("Question: And how long do they sleep?")
    assert [message["content"] for message in chat.last_messages[1:4]] == ["Answer like a pirate.", "Hello", "Ahoy"]
    assert "nothing else" in chat.last_messages[0]["content"]


def test_a_question_that_can_not_be_rewritten_is_searched_as_it_was_asked(
    gateway: Gateway, chat: FakeChatServer
) -> None:
    chat.script = answering_in_turn("", "Sixteen hours [1].")
    before = metric(gateway, "rag_rewrite_failures_total")
    history = [*QUESTION, {"role": "assistant", "content": "At nine."}, {"role": "user", "content": "Do cats sleep?"}]
    assert ask(gateway, messages=history).json["sources"][0]["document"] == "cats.md"
    assert metric(gateway, "rag_rewrite_failures_total") == before + 1


@pytest.mark.parametrize("stream", [False, True])
def test_citations_of_unknown_sources_are_taken_out_and_counted(
    gateway: Gateway, chat: FakeChatServer, *, stream: bool
) -> None:
    chat.script = answering("It opens at nine [1] [77] .")
    before = metric(gateway, "rag_unknown_citations_total")
    reply = ask(gateway, stream=stream)
    assert b"at " in reply.body
    assert b"[1]" in reply.body
    assert b"[77" not in reply.body
    wait_until("it is counted", lambda: metric(gateway, "rag_unknown_citations_total") == before + 1)


def test_tools_and_their_results_go_to_the_model_as_they_are(gateway: Gateway, chat: FakeChatServer) -> None:
    tools = [{"type": "function", "function": {"name": "clock", "parameters": {}}}]
    call = {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    turns = [
        *QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "08:59"},
    ]
    ask(gateway, messages=turns, tools=tools)
    assert chat.requests[-1]["tools"] == tools
    assert chat.last_messages[-2]["tool_calls"] == [call]
    assert chat.last_messages[-1] == {"role": "tool", "content": "08:59", "tool_call_id": "call_1"}


def test_a_question_may_set_how_it_is_searched(gateway: Gateway, chat: FakeChatServer) -> None:
    assert len(ask(gateway, retrieval={"top_k": 1, "ef": 200}).json["sources"]) == 1
    assert ask(gateway, retrieval={"score_threshold": 1}).json["sources"] == []
    assert len(chat.requests) == 1


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"messages": QUESTION}, "model"),
        ({"model": "assisted"}, "messages"),
        ({"model": "assisted", "messages": []}, "messages"),
        ({"model": "assisted", "messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"model": "assisted", "messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        (
            {"model": "assisted", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content.0.type",
        ),
        ({"model": "assisted", "messages": QUESTION, "stream": "maybe"}, "stream"),
    ],
)
def test_a_bad_request_names_its_parameter(gateway: Gateway, body: dict[str, Any], parameter: str) -> None:
    reply = post(f"{gateway.url}/v1/chat/completions", body)
    assert (reply.status, reply.json["error"]["param"]) == (400, parameter)


def test_the_official_client_knows_an_unknown_model(gateway: Gateway) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        gateway.openai().chat.completions.create(model="nothing", messages=QUESTION)
    assert caught.value.param == "model"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (refusing(401, '{"error": {"message": "Incorrect API key: sk-123"}}'), 502, "CHAT_REFUSED"),
        (refusing(400, '{"error": {"message": "context too long"}}'), 502, "CHAT_REFUSED"),
        (refusing(500, "oops"), 503, "CHAT_UNREACHABLE"),
        (refusing(429, "{}"), 503, "CHAT_UNREACHABLE"),
        (refusing(200, "<html>", "text/html"), 502, "CHAT_REFUSED"),
    ],
)
def test_a_model_that_refuses_gives_an_error_before_the_answer_begins(
    gateway: Gateway, chat: FakeChatServer, script: Script, status: int, code: str, *, stream: bool
) -> None:
    chat.script = script
    reply = ask(gateway, stream=stream)
    assert (reply.status, reply.json["error"]["code"]) == (status, code)
    assert "sk-123" not in reply.body.decode()


@pytest.mark.parametrize(
    "events",
    [
        [],
        chunks("It opens"),
        [*chunks("It opens"), b'data: {"choi'],
        [chunk({"content": "It"}), b"data: [DO"],
    ],
)
def test_a_stream_that_breaks_off_ends_with_an_error_that_the_official_client_raises(
    gateway: Gateway, chat: FakeChatServer, events: list[bytes]
) -> None:
    chat.script = streaming(events)
    with pytest.raises(openai.APIError, match="broke off"):
        list(gateway.openai().chat.completions.create(model="assisted", messages=QUESTION, stream=True))


def test_a_client_that_leaves_in_mid_stream_cancels_the_model(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming_for_ever()
    stream = gateway.openai().chat.completions.create(model="assisted", messages=QUESTION, stream=True)
    next(iter(stream))
    assert not chat.hung_up.is_set()
    stream.close()
    assert chat.hung_up.wait(timeout=2), "the model still writes"


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_before_the_first_word_cancels_the_model(
    gateway: Gateway, chat: FakeChatServer, *, stream: bool
) -> None:
    chat.script = silent()
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"))
    body = json.dumps({"model": "assisted", "messages": QUESTION, "stream": stream})
    connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
    assert chat.asked.wait(timeout=10), "the model was not asked"
    connection.close()
    assert chat.hung_up.wait(timeout=2), "the model still works"
