import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.types import Message

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.errors import RequestError
from kubelore_api.routes.json_request import JsonRequest


class Order(BaseModel):
    dish: str


def request(body: bytes, content_type: str | None = "application/json") -> JsonRequest:
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": body}]

    async def receive() -> Message:
        return messages.pop()

    headers = [(b"content-type", content_type.encode())] if content_type else []
    return JsonRequest({"type": "http", "headers": headers}, receive)


@pytest.mark.parametrize(
    "content_type", ["application/json", "APPLICATION/JSON; charset=utf-8", "application/vnd.order+json"]
)
async def test_a_body_is_read_as_a_model_and_as_it_is(content_type: str) -> None:
    sent = request(b'{"dish": "soup", "n": 1.0}', content_type)
    assert await sent.read_as(Order) == Order(dish="soup")
    assert await sent.json() == {"dish": "soup", "n": 1.0}


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/jsonp", "application/x-www-form-urlencoded"])
async def test_what_does_not_say_that_it_is_json_is_not_read_as_such(content_type: str | None) -> None:
    with pytest.raises(RequestValidationError) as caught:
        await request(b'{"dish": "soup"}', content_type).read_as(Order)
    assert caught.value.errors()[0]["loc"] == ("body",)


@pytest.mark.parametrize("body", [b"", b"{", b'{"dish": NaN}', b'{"dish": "\xff"}', b'{"dish": "\\ud800"}'])
async def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        await request(body).read_as(Order)
    assert (caught.value.code, caught.value.parameter) == (ErrorCode.REQUEST_INVALID, "body")


async def test_a_parameter_that_is_wrong_is_named() -> None:
    with pytest.raises(RequestValidationError) as caught:
        await request(b'{"dish": 7}').read_as(Order)
    assert caught.value.errors()[0]["loc"] == ("body", "dish")


async def test_a_client_that_leaves_while_it_sends_is_no_defect() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    sent = JsonRequest({"type": "http", "headers": [(b"content-type", b"application/json")]}, receive)
    with pytest.raises(KubeloreError) as caught:
        await sent.read_as(Order)
    assert caught.value.code is ErrorCode.CANCELLED
