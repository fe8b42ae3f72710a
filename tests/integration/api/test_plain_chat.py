"""A model server as the model: the request goes through, and its bytes come back."""

import json
from typing import Any

import openai
import pytest

from support.fake_chat_server import FakeChatServer, answering, chunks, refusing, streaming, streaming_for_ever
from support.gateway import Gateway
from support.http import post

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]


def ask(gateway: Gateway, **more: Any) -> Any:
    return post(f"{gateway.url}/v1/chat/completions", {"model": "writer", "messages": HELLO, **more})


def test_the_official_client_chats_with_a_model_server(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = answering("Hello [9].")
    answer = gateway.openai().chat.completions.create(model="writer", messages=HELLO)
    assert answer.choices[0].message.content == "Hello [9]."
    assert chat.requests[-1] == {"model": "fake-model", "messages": HELLO}


def test_the_official_clients_streaming_helper_chats_with_a_model_server(
    gateway: Gateway, chat: FakeChatServer
) -> None:
    chat.script = answering("Hello there.")
    with gateway.openai().chat.completions.stream(
        model="writer", messages=HELLO, stream_options={"include_usage": True}
    ) as stream:
        assert (stream.get_final_completion().choices[0].message.content or "").strip() == "Hello there."
    assert chat.requests[-1]["stream_options"] == {"include_usage": True}


def test_everything_that_the_client_sends_arrives_as_it_is(gateway: Gateway, chat: FakeChatServer) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}],
        "tools": [{"type": "function", "function": {"name": "clock"}}],
        "n": 2,
        "stop": ["\n"],
        "seed": 7,
        "logprobs": True,
        "response_format": {"type": "json_object"},
    }
    ask(gateway, **body)
    assert chat.requests[-1] == {**body, "model": "fake-model"}


def test_an_answer_comes_back_byte_for_byte(gateway: Gateway, chat: FakeChatServer) -> None:
    odd = b'{"choices":  [{"message": {"content": "caf\\u00e9"}}], "odd": 1.0}\n'
    chat.script = refusing(200, odd.decode())
    assert ask(gateway).body == odd


def test_a_stream_comes_back_byte_for_byte(gateway: Gateway, chat: FakeChatServer) -> None:
    events = b"".join([*chunks("Cite [7]."), b": comment\n\n", b"data: [DONE]\n\n"])
    chat.script = streaming([events[:50], events[50:]])
    assert ask(gateway, stream=True).body == events


@pytest.mark.parametrize(("status", "expected"), [(400, 400), (422, 400), (404, 502), (401, 502), (503, 503)])
def test_a_refusal_is_the_requests_fault_or_the_installations(
    gateway: Gateway, chat: FakeChatServer, status: int, expected: int
) -> None:
    chat.script = refusing(status, json.dumps({"error": {"message": "context too long"}}))
    reply = ask(gateway)
    assert reply.status == expected
    assert ("context too long" in reply.json["error"]["message"]) is (status in {400, 404, 422})


def test_a_client_that_leaves_cancels_the_model(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming_for_ever()
    stream = gateway.openai().chat.completions.create(model="writer", messages=HELLO, stream=True)
    next(iter(stream))
    stream.close()
    assert chat.hung_up.wait(timeout=2), "the model still writes"


def test_a_server_that_serves_no_chat_is_no_model(gateway: Gateway) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        gateway.openai().chat.completions.create(model="vectors", messages=HELLO)
    assert caught.value.param == "model"


def test_a_knowledge_base_reads_no_pictures(gateway: Gateway) -> None:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    reply = ask(gateway, model="assisted", messages=[{"role": "user", "content": parts}])
    assert (reply.status, reply.json["error"]["param"]) == (400, "messages.0.content.1.type")
