"""Logs every request without what was asked or answered."""

import logging
import time
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

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
        try:
            await self._app(scope, receive, send)
        finally:
            _write(scope, time.perf_counter() - started)


def _write(scope: Scope, seconds: float) -> None:
    state = scope["state"]
    fields = {"status": state["status"], "seconds": round(seconds, 4), "request_id": state["request_id"]}
    # Quoted again, so that no path can write a line of its own.
    _log.info("%s %s", scope["method"], quote(scope["path"]), extra=fields)
