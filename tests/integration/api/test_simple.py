"""The simple API: a text in, a talk over a WebSocket, and progress as it happens."""

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts
from kubelore.errors import ErrorCode
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore_api.ingest.task_id import TaskId
from support.fake_chat_server import (
    FakeChatServer,
    answering,
    answering_in_turn,
    chunks,
    streaming,
    streaming_for_ever,
)
from support.gateway import Gateway
from support.http import Reply, get, post
from support.processes import wait_until

QUESTION = {"content": "When does the office open?"}


@contextmanager
def ending(gateway: Gateway, source: str, status: IngestTaskStatus) -> Iterator[None]:
    """End the task of one document as soon as it comes, as a worker and the operator would."""
    stop = threading.Event()

    def end() -> None:
        while not stop.is_set():
            for task in asyncio.run(gateway.resources.ingest_tasks(unfinished_only=True)):
                if _name(task) == source:
                    asyncio.run(gateway.resources.put_status(task.key, status))
            stop.wait(0.05)

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _name(task: IngestTask) -> str | None:
    return task.spec.source.object.document_name if task.spec.source.object else None


def add(gateway: Gateway, source: str, content: str = "# Hours", **more: Any) -> Reply:
    body = {"source": source, "content": content, "knowledge_base": "handbook", **more}
    return post(f"{gateway.url}/api/v1/knowledge/add-document", body)


def test_a_text_that_is_added_is_answered_when_it_can_be_found(gateway: Gateway) -> None:
    done = IngestTaskStatus(phase=TaskPhase.COMPLETED, chunks=3, documents=DocumentCounts(total=1, succeeded=1))
    with ending(gateway, "hours-a.md", done):
        reply = add(gateway, "hours-a.md", metadata={"author": "Ann"})
    assert (reply.status, reply.json["chunks"], reply.json["status"]) == (201, 3, "COMPLETED")
    task = asyncio.run(gateway.resources.ingest_task("default", TaskId.parse(reply.json["task_id"]).task))
    assert task.spec.metadata == {"author": "Ann"}


def test_a_text_that_can_not_be_brought_in_says_why(gateway: Gateway) -> None:
    failure = Failure(
        document="x", component="parse", code=ErrorCode.DOCUMENT_BROKEN, retryable=False, message="it is broken"
    )
    with ending(gateway, "hours-b.md", IngestTaskStatus(phase=TaskPhase.FAILED, failures=(failure,))):
        reply = add(gateway, "hours-b.md")
    assert (reply.status, reply.json["error"]["code"]) == (422, "DOCUMENT_REFUSED")
    assert "it is broken" in reply.json["error"]["message"]


def test_a_text_that_takes_longer_is_accepted(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubelore_api.routes.knowledge.PATIENCE_SECONDS", 0.1)
    reply = add(gateway, "hours-c.md")
    assert (reply.status, reply.json["status"]) == (202, "PENDING")


@pytest.mark.parametrize(
    ("body", "status", "parameter"),
    [
        ({"content": "x"}, 400, "source"),
        ({"source": "x"}, 400, "content"),
        ({"source": "x", "content": " "}, 400, "content"),
        ({"source": "x\u0000", "content": "x", "knowledge_base": "handbook"}, 400, "source"),
        ({"source": "x", "content": "x"}, 400, "knowledge_base"),
        ({"source": "x", "content": "x", "knowledge_base": "nowhere"}, 404, "knowledge_base"),
        ({"source": "x", "content": "x", "tenant": "other"}, 400, "tenant"),
    ],
)
def test_a_bad_text_names_its_parameter(gateway: Gateway, body: dict[str, Any], status: int, parameter: str) -> None:
    reply = post(f"{gateway.url}/api/v1/knowledge/add-document", body)
    assert (reply.status, reply.json["error"]["param"]) == (status, parameter)


def test_progress_is_told_as_it_happens(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubelore_api.routes.knowledge.PATIENCE_SECONDS", 0.0)
    task_id = add(gateway, "hours-d.md").json["task_id"]
    key = asyncio.run(gateway.resources.ingest_task("default", TaskId.parse(task_id).task)).key
    told = []
    with urllib.request.urlopen(f"{gateway.url}/task-status/{task_id}/events", timeout=60) as stream:  # noqa: S310 - ours
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream:
            if line.startswith(b"data: "):
                told.append(json.loads(line.removeprefix(b"data: "))["status"])
                phase = TaskPhase.VECTORIZING if len(told) == 1 else TaskPhase.COMPLETED
                asyncio.run(gateway.resources.put_status(key, IngestTaskStatus(phase=phase)))
    assert told == ["PENDING", "VECTORIZING", "COMPLETED"]


def test_the_progress_of_an_unknown_task_is_not_found(gateway: Gateway) -> None:
    assert get(f"{gateway.url}/task-status/a.b.c.d/events").status == 404


@contextmanager
def talking(gateway: Gateway, knowledge_base: str = "assisted", **options: Any) -> Iterator[ClientConnection]:
    address = gateway.url.replace("http://", "ws://")
    with connect(f"{address}/api/v1/ws/chat?knowledge_base={knowledge_base}", **options) as socket:
        yield socket


def told(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=60))
    return message


def answer(socket: ClientConnection) -> tuple[str, dict[str, Any]]:
    text = ""
    while (message := told(socket))["type"] == "delta":
        text += message["content"]
    return text.strip(), message


def test_a_question_is_answered_in_pieces_and_then_its_sources(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = answering("It opens at nine [1] [8].")
    with talking(gateway) as socket:
        socket.send(json.dumps(QUESTION))
        text, done = answer(socket)
    assert text.split() == ["It", "opens", "at", "nine", "[1]", "."]
    assert (done["type"], done["sources"][0]["document"]) == ("done", "hours.md")


def test_the_talk_remembers_until_it_is_reset(gateway: Gateway, chat: FakeChatServer) -> None:
    with talking(gateway) as socket:
        socket.send(json.dumps(QUESTION))
        answer(socket)
        chat.script = answering_in_turn("How long do cats sleep?", "Sixteen hours [1].")
        socket.send(json.dumps({"content": "And cats?"}))
        text, done = answer(socket)
        assert (text, done["sources"][0]["document"]) == ("Sixteen hours [1].", "cats.md")
        socket.send(json.dumps({"type": "reset"}))
        assert told(socket) == {"type": "reset_ok"}
        socket.send(json.dumps(QUESTION))
        answer(socket)
    assert [message["role"] for message in chat.last_messages] == ["system", "user"]


def test_a_reset_stops_the_answer(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming_for_ever()
    with talking(gateway) as socket:
        socket.send(json.dumps(QUESTION))
        assert told(socket)["type"] == "delta"
        socket.send(json.dumps(QUESTION))
        wait_until("the second question is refused", lambda: told(socket)["type"] == "error")
        socket.send(json.dumps({"type": "reset"}))
        wait_until("the reset is told", lambda: told(socket)["type"] == "reset_ok")
        assert chat.hung_up.wait(timeout=2), "the model still writes"


def test_a_client_that_leaves_cancels_the_model(gateway: Gateway, chat: FakeChatServer) -> None:
    chat.script = streaming_for_ever()
    with talking(gateway) as socket:
        socket.send(json.dumps(QUESTION))
        assert told(socket)["type"] == "delta"
    assert chat.hung_up.wait(timeout=2), "the model still writes"


@pytest.mark.parametrize("message", ["", "{", "[]", "{}", '{"content": " "}', '{"type": "quit"}', '{"content": 7}'])
def test_a_bad_message_is_an_error_and_the_talk_goes_on(gateway: Gateway, message: str) -> None:
    with talking(gateway, "handbook") as socket:
        socket.send(message)
        error = told(socket)
        assert (error["type"], error["code"]) == ("error", "REQUEST_INVALID")
        socket.send(json.dumps(QUESTION))
        assert "opens at nine" in answer(socket)[0]


def test_an_answer_that_breaks_off_is_an_error_and_the_talk_goes_on(gateway: Gateway, chat: FakeChatServer) -> None:
    with talking(gateway) as socket:
        chat.script = streaming(chunks("It opens"))
        socket.send(json.dumps(QUESTION))
        assert answer(socket)[1]["code"] == "CHAT_UNREACHABLE"
        chat.script = answering("It opens at nine [1].")
        socket.send(json.dumps(QUESTION))
        assert answer(socket)[1]["type"] == "done"


def test_an_unknown_knowledge_base_ends_the_talk(gateway: Gateway) -> None:
    with talking(gateway, "nowhere") as socket:
        assert told(socket)["code"] == "RESOURCE_NOT_FOUND"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)


def test_a_page_of_another_site_may_not_talk(gateway: Gateway) -> None:
    with pytest.raises(InvalidStatus), talking(gateway, origin="https://evil.example"):
        pass


def test_what_a_browser_offers_is_answered(gateway: Gateway) -> None:
    with talking(gateway, "handbook", subprotocols=["kubelore", "kubelore.bearer.x"]) as socket:
        assert socket.subprotocol == "kubelore"
