"""Counts requests by route."""

from starlette.types import ASGIApp, Receive, Scope, Send

from kubelore_api.metrics import Metrics

_NO_ROUTE = "none"


class HttpMetrics:
    """Counts by the route's template: a label from the path itself would grow without end."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count when the answer has ended, or broken off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            self._metrics.http_requests.labels(route, scope["method"], str(scope["state"]["status"])).inc()
