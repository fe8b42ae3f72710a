"""What a collector is told of questions, and what it is not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web
from openai import OpenAI

from kubelore_api.app import create_app
from support.fake_chat_server import FakeChatServer, answering
from support.gateway import Gateway, serving
from support.http import get, post
from support.otlp_receiver import ERROR, OtlpReceiver, otlp_receiver
from support.processes import free_port

QUESTION = "When does the office open on a particular day?"
ANSWER = "It opens at nine [1]."
TRACE = "0af7651916cd43dd8448eb211c80319c"


@contextmanager
def traced(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Iterator[tuple[str, OtlpReceiver]]:
    """Serve the gateway's stores by another one that sends spans; they have come when the context is left."""
    with otlp_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        changed = gateway.settings.model_copy(update={"traces": "otlp", **settings})
        with serving(create_app(changed, gateway.resources)) as url:
            yield url, receiver


def client(url: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def ask(url: str, model: str, *, stream: bool = False) -> None:
    messages: Any = [{"role": "user", "content": QUESTION}]
    answer = client(url).chat.completions.create(model=model, messages=messages, temperature=0.3, stream=stream)
    if stream:
        assert list(answer)


@pytest.mark.usefixtures("chat")
def test_an_answer_is_one_trace_from_the_request_to_the_model(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traced(gateway, monkeypatch) as (url, receiver):
        ask(url, "assisted")
    [request] = receiver.named("POST /v1/chat/completions")
    [retrieval] = receiver.named("retrieval default/assisted")
    [embedding] = receiver.named("embeddings all-MiniLM-L6-v2")
    [answer] = receiver.named("chat fake-model")
    searches = receiver.named("search ")
    assert {span.trace_id for span in receiver.spans} == {request.trace_id}
    assert (retrieval.parent_id, answer.parent_id) == (request.span_id, request.span_id)
    assert {span.parent_id for span in (embedding, *searches)} == {retrieval.span_id}
    assert len(searches) == 2
    assert request.resource["service.name"] == "kubelore-gateway"


def test_spans_carry_what_the_conventions_name(
    gateway: Gateway, chat: FakeChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traced(gateway, monkeypatch) as (url, receiver):
        ask(url, "assisted")
    [answer], [retrieval] = receiver.named("chat "), receiver.named("retrieval ")
    found = answer.attributes
    assert (found["gen_ai.operation.name"], found["gen_ai.provider.name"]) == ("chat", "openai")
    assert (found["gen_ai.request.model"], found["gen_ai.request.temperature"]) == ("fake-model", 0.3)
    assert (found["server.address"], found["server.port"]) == ("127.0.0.1", chat.port)
    assert found["gen_ai.usage.input_tokens"] > 0
    assert found["gen_ai.usage.output_tokens"] > 0
    assert retrieval.attributes["gen_ai.data_source.id"] == "default/assisted"
    assert retrieval.attributes["kubelore.tenant"] == "default"
    assert retrieval.attributes["kubelore.retrieval.hits"] > 0


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize("model", ["assisted", "writer"])
@pytest.mark.parametrize("stream", [False, True])
def test_nothing_of_the_question_or_the_answer_is_told(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, model: str, *, stream: bool
) -> None:
    with traced(gateway, monkeypatch) as (url, receiver):
        ask(url, model, stream=stream)
    told = repr(receiver.spans)
    assert "chat fake-model" in told
    assert "particular" not in told
    assert "nine" not in told


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize("model", ["assisted", "writer"])
@pytest.mark.parametrize("stream", [False, True])
def test_contents_are_told_where_they_are_asked_for(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, model: str, *, stream: bool
) -> None:
    with traced(gateway, monkeypatch, trace_contents=True) as (url, receiver):
        ask(url, model, stream=stream)
    [answer] = receiver.named("chat fake-model")
    asked = json.loads(answer.attributes["gen_ai.input.messages"])
    assert QUESTION in asked[-1]["parts"][0]["content"]
    [message] = json.loads(answer.attributes["gen_ai.output.messages"])
    assert (message["role"], message["parts"][0]["content"].strip()) == ("assistant", ANSWER)
    assert message["finish_reason"] == "stop"


@pytest.mark.usefixtures("chat")
def test_a_stream_is_told_when_it_has_ended(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(gateway, monkeypatch) as (url, receiver):
        ask(url, "writer", stream=True)
    [answer] = receiver.named("chat fake-model")
    assert answer.status != ERROR
    assert answer.attributes["gen_ai.usage.output_tokens"] > 0


def test_a_model_that_refuses_is_told_by_its_code(
    gateway: Gateway, chat: FakeChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_server: FakeChatServer, _http: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"error": {"message": "no particular day"}}, status=500)

    chat.script = refuse
    with traced(gateway, monkeypatch) as (url, receiver):
        post(f"{url}/chat", {"query": QUESTION, "knowledge_base": "assisted"})
    [answer] = receiver.named("chat fake-model")
    assert (answer.status, answer.attributes["error.type"]) == (ERROR, "CHAT_UNREACHABLE")
    assert "particular" not in repr(receiver.spans)


def test_a_trace_goes_on_from_the_client_to_the_model(
    gateway: Gateway, chat: FakeChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    script = answering(ANSWER)

    async def note(server: FakeChatServer, http: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        sent.append(http.headers.get("traceparent", ""))
        return await script(server, http, body)

    chat.script = note
    with traced(gateway, monkeypatch) as (url, receiver):
        post(
            f"{url}/chat",
            {"query": QUESTION, "knowledge_base": "assisted"},
            headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
        )
    [answer] = receiver.named("chat fake-model")
    assert answer.trace_id.hex() == TRACE
    assert sent == [f"00-{TRACE}-{answer.span_id.hex()}-01"]


def test_probes_are_not_told(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(gateway, monkeypatch) as (url, receiver):
        get(f"{url}/healthz")
        get(f"{url}/v1/models")
    assert [span.name for span in receiver.spans] == ["GET /v1/models"]


@pytest.mark.usefixtures("chat")
def test_a_collector_that_is_away_costs_no_answer(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    settings = gateway.settings.model_copy(update={"traces": "otlp"})
    with serving(create_app(settings, gateway.resources)) as url:
        reply = post(f"{url}/chat", {"query": QUESTION, "knowledge_base": "assisted"})
    assert reply.status == 200


@pytest.mark.usefixtures("chat")
def test_no_span_is_made_where_none_is_wanted(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(gateway, monkeypatch, traces="off") as (url, receiver):
        ask(url, "assisted")
    assert receiver.spans == []
