import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from kubelore_api.middleware.access_log import AccessLog
from kubelore_api.middleware.answer_head import AnswerHead

SECRET = "a very particular question"
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/chat",
    "query_string": SECRET.replace(" ", "+").encode(),
    "headers": [(b"authorization", b"Bearer s3cret"), (b"x-request-id", b"abc-1")],
}


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": SECRET.encode()})


async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ValueError(SECRET)


async def receive() -> Message:
    return {"type": "http.request", "body": SECRET.encode()}


async def send(_message: Message) -> None:
    """Take what is sent."""


async def test_a_request_is_one_line_without_what_was_asked_or_answered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await AnswerHead(AccessLog(answer))(dict(SCOPE), receive, send)
    [line] = caplog.records
    assert line.getMessage() == "POST /chat"
    assert line.__dict__["status"] == 201
    assert line.__dict__["request_id"] == "abc-1"
    assert "particular" not in str(line.__dict__)
    assert "s3cret" not in str(line.__dict__)


async def test_a_request_that_fails_is_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ValueError, match="particular"):
        await AnswerHead(AccessLog(fail))(dict(SCOPE), receive, send)
    [line] = caplog.records
    assert line.__dict__["status"] == 500
