"""Logs every request without what was asked or answered."""

import logging
import time
from http import HTTPStatus
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("kubelore.access")


class AccessLog:
    """Writes one line a request: its method, its path without the query, the status and the time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log when the answer has ended, or broken off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            _write(scope, status, time.perf_counter() - started)


def _write(scope: Scope, status: int, seconds: float) -> None:
    fields = {"status": status, "seconds": round(seconds, 4), "request_id": scope["state"]["request_id"]}
    # Quoted again, so that no path can write a line of its own.
    _log.info("%s %s", scope["method"], quote(scope["path"]), extra=fields)
