"""Gives every request an id, which its answer and its log lines carry, and notes what status it is answered with."""

import re
import secrets
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
_ID_BYTES = 16
_SAFE = re.compile(r"[\w.:-]{1,128}", re.ASCII)


class AnswerHead:
    """Keeps a caller's own id where it is harmless in a log, and makes one otherwise.

    `request_id` and `status` lie in the scope's state for what stands further inside, so that what concerns an answer's
    head alone wraps `send` once: a stream calls every wrapper for each of its pieces.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the id into the answer's headers; the status is that of a failure until the answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_for(Headers(scope=scope).get(HEADER, ""))
        state = scope.setdefault("state", {})
        state.update(request_id=request_id, status=int(HTTPStatus.INTERNAL_SERVER_ERROR))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER.encode(), request_id.encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)


def _id_for(sent: str) -> str:
    return sent if _SAFE.fullmatch(sent) else secrets.token_hex(_ID_BYTES)
