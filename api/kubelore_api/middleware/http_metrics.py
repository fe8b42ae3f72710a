"""Counts requests by route."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kubelore_api.metrics import Metrics

_NO_ROUTE = "none"


class HttpMetrics:
    """Counts by the route's template: a label from the path itself would grow without end."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count when the answer's status is known."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            self._metrics.http_requests.labels(route, scope["method"], str(status)).inc()
