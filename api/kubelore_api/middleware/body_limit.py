"""Refuses a request's body as soon as it is known to be larger than allowed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.errors import error_response

LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read and thrown away: a client that is cut off while it sends does not read
the answer."""


class BodyLimit:
    """Allows as many bytes a request as `limit_of` says for its path.

    The framework's own limit answers in plain text, where OpenAI's clients expect an error object.
    """

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge by the announced length, and by what really comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        headers = Headers(scope=scope)
        if _announced(headers) > limit:
            if "expect" not in headers:
                await _discard_rest(receive)
            await error_response(_too_large(limit))(scope, receive, send)
            return
        await self._app(scope, _limited(receive, limit), send)


def _limited(receive: Receive, limit: int) -> Receive:
    received = 0

    async def receive_up_to_limit() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            await _discard_rest(receive)
            # The one exception that FastAPI passes on while it reads a body.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from _too_large(limit)
        return message

    return receive_up_to_limit


async def _discard_rest(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _too_large(limit: int) -> KubeloreError:
    return KubeloreError(ErrorCode.REQUEST_TOO_LARGE, "body", f"at most {limit} bytes")
