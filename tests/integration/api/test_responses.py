"""Responses, as the official client asks for them."""

from typing import Any

import openai
import pytest

from support.fake_chat_server import (
    FakeChatServer,
    answering,
    answering_in_turn,
    chunk,
    chunks,
    streaming,
    streaming_for_ever,
)
from support.gateway import Gateway
from support.http import post

QUESTION = "When does the office open?"


def search(*names: str, **more: Any) -> Any:
    return {"type": "file_search", "vector_store_ids": list(names or ("handbook",)), **more}


def test_the_official_client_searches_files_with_any_model(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = answering("It opens at nine [1] [9].")
    response = gateway.openai().responses.create(model="writer", input=QUESTION, tools=[search()])
    assert response.status == "completed"
    call, message = response.output
    assert call.type == "file_search_call"
    assert (call.queries, call.results) == ([QUESTION], None)
    assert message.type == "message"
    [part] = message.content
    assert part.type == "output_text"
    [citation] = part.annotations
    assert citation.type == "file_citation"
    assert citation.filename == "hours.md"
    assert part.text[: citation.index].endswith("[1]")
    assert "[9]" not in response.output_text
    assert "The office opens at nine" in chat.last_messages[-1]["content"]


def test_the_official_clients_streaming_helper_gets_every_event(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = answering("It opens at nine [1].")
    with gateway.openai().responses.stream(model="writer", input=QUESTION, tools=[search()]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert list(dict.fromkeys(kinds)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events if event.type != "response.output_text.delta"] == sorted(
        event.sequence_number for event in events if event.type != "response.output_text.delta"
    )
    assert final.output_text.strip() == "It opens at nine [1]."


def test_what_was_found_is_shown_where_it_is_asked_for(gateway: Gateway, chat: FakeChatServer) -> None:
    response = gateway.openai().responses.create(
        model="writer", input=QUESTION, tools=[search(max_num_results=1)], include=["file_search_call.results"]
    )
    call = response.output[0]
    assert call.type == "file_search_call"
    assert call.results is not None
    assert [result.filename for result in call.results] == ["hours.md"]
    assert len(chat.requests) == 1


def test_a_filter_narrows_the_search(gateway: Gateway, chat: FakeChatServer) -> None:
    tool = search(filters={"type": "eq", "key": "author", "value": "Nobody"})
    response = gateway.openai().responses.create(model="writer", input=QUESTION, tools=[tool])
    assert response.output_text == "I can't answer this question from the known information."
    assert chat.requests == []


def test_several_knowledge_bases_are_searched_at_once(gateway: Gateway, chat: FakeChatServer) -> None:
    tool = search("handbook", "assisted", max_num_results=4)
    response = gateway.openai().responses.create(
        model="writer", input=QUESTION, tools=[tool], include=["file_search_call.results"]
    )
    [call] = [item for item in response.output if item.type == "file_search_call"]
    assert call.results is not None
    assert len(call.results) <= 4
    assert len({result.file_id for result in call.results if result.filename == "hours.md"}) == 2
    assert len(chat.requests) == 1


def test_a_knowledge_base_is_a_model_that_searches_itself(gateway: Gateway, chat: FakeChatServer) -> None:
    response = gateway.openai().responses.create(model="assisted", input=QUESTION)
    assert response.output[0].type == "file_search_call"
    assert response.output_text.strip() == "It opens at nine [1]."
    assert len(chat.requests) == 1


def test_without_a_chat_model_the_passages_are_quoted(gateway: Gateway) -> None:
    assert "opens at nine" in gateway.openai().responses.create(model="handbook", input=QUESTION).output_text


def test_a_model_alone_answers_by_itself(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = answering("Ahoy [3].")
    response = gateway.openai().responses.create(
        model="writer", input="Hello", instructions="Be a pirate.", temperature=0.5, max_output_tokens=9
    )
    assert [item.type for item in response.output] == ["message"]
    assert response.output_text.strip() == "Ahoy [3]."
    sent = chat.requests[-1]
    assert sent["messages"] == [
        {"role": "system", "content": "Be a pirate."},
        {"role": "user", "content": "Hello"},
    ]
    assert (sent["temperature"], sent["max_tokens"]) == (0.5, 9)


def test_a_conversation_goes_on_from_an_earlier_response(gateway: Gateway, chat: FakeChatServer) -> None:
    client = gateway.openai()
    first = client.responses.create(model="writer", input="When does it open?", tools=[search()])
    chat.script = answering_in_turn("How long do cats sleep?", "Sixteen hours [1].")
    second = client.responses.create(model="writer", input="And cats?", tools=[search()], previous_response_id=first.id)
    call = second.output[0]
    assert call.type == "file_search_call"
    assert call.queries == ["How long do cats sleep?"]
    assert [message["role"] for message in chat.last_messages] == ["system", "user", "assistant", "user"]
    assert client.responses.retrieve(second.id).output_text == second.output_text
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


def test_a_streamed_response_can_be_gone_on_from(gateway: Gateway, chat: FakeChatServer) -> None:
    client = gateway.openai()
    with client.responses.stream(model="writer", input="Hello") as stream:
        first = stream.get_final_response()
    client.responses.create(model="writer", input="Again", previous_response_id=first.id)
    assert [message["content"].strip() for message in chat.last_messages] == ["Hello", "It opens at nine [1].", "Again"]


def test_what_is_not_to_be_stored_is_not(gateway: Gateway, chat: FakeChatServer) -> None:
    client = gateway.openai()
    response = client.responses.create(model="writer", input="Hello", store=False)
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="writer", input="Again", previous_response_id=response.id)
    assert caught.value.param == "previous_response_id"
    assert len(chat.requests) == 1


def test_earlier_output_may_be_sent_as_input(gateway: Gateway, chat: FakeChatServer) -> None:
    client = gateway.openai()
    first = client.responses.create(model="writer", input=QUESTION, tools=[search()])
    chat.script = answering_in_turn("Do cats sleep?", "Yes [1].")
    again: list[Any] = [{"role": "user", "content": QUESTION}, *first.output, {"role": "user", "content": "Cats?"}]
    assert client.responses.create(model="writer", input=again, tools=[search()]).output_text.strip() == "Yes [1]."


def test_an_answer_cut_by_its_limit_is_incomplete(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming([chunk({"content": "It"}), chunk({}, "length"), b"data: [DONE]\n\n"])
    response = gateway.openai().responses.create(model="writer", input="Hello")
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize(
    "events",
    [chunks("It"), [b'data: {"choices": 7}\n\n'], [b"data: {oops\n\n"], [b'data: {"error": {"message": "x"}}\n\n']],
)
def test_a_broken_stream_is_a_failure(gateway: Gateway, chat: FakeChatServer, events: list[bytes]) -> None:
    chat.script = streaming(events)
    client = gateway.openai()
    with pytest.raises(openai.APIStatusError):
        client.responses.create(model="writer", input="Hello")
    last = list(client.responses.create(model="writer", input="Hello", stream=True))[-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert last.response.error.message.startswith("the answer: ")


def test_a_client_that_leaves_cancels_the_model(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming_for_ever()
    stream = gateway.openai().responses.create(model="writer", input="Hello", stream=True)
    next(event for event in stream if event.type == "response.output_text.delta")
    stream.close()
    assert chat.hung_up.wait(timeout=2), "the model still writes"


@pytest.mark.parametrize(
    ("body", "status", "parameter"),
    [
        ({"input": "x"}, 400, "model"),
        ({"model": "writer"}, 400, "input"),
        ({"model": "writer", "input": []}, 400, "input"),
        ({"model": "writer", "input": [{"role": "system", "content": "x"}]}, 400, "input"),
        ({"model": "writer", "input": [{"type": "function_call_output"}]}, 400, "input.0.type"),
        ({"model": "nothing", "input": "x"}, 404, "model"),
        ({"model": "vectors", "input": "x"}, 404, "model"),
        ({"model": "writer", "input": "x", "tools": [{"type": "web_search"}]}, 400, "tools.0.type"),
        ({"model": "writer", "input": "x", "tools": [search("nowhere")]}, 404, "tools.0.vector_store_ids"),
        ({"model": "writer", "input": "x", "tools": [search("unready")]}, 503, "tools.0.vector_store_ids"),
        ({"model": "writer", "input": "x", "previous_response_id": "resp_0"}, 404, "previous_response_id"),
        ({"model": "writer", "input": "x", "temperature": 3}, 400, "temperature"),
    ],
)
def test_a_bad_request_names_its_parameter(gateway: Gateway, body: dict[str, Any], status: int, parameter: str) -> None:
    reply = post(f"{gateway.url}/v1/responses", body)
    assert (reply.status, reply.json["error"]["param"]) == (status, parameter)
