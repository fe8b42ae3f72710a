"""Finds out who is calling before anything of the request's body is read."""

from collections.abc import Set as AbstractSet

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kubelore.errors import KubeloreError
from kubelore_api.access.authenticate import Authenticator
from kubelore_api.access.own_page import require_own_page
from kubelore_api.errors import error_response

SUBPROTOCOL = "kubelore.bearer."
"""How a browser's WebSocket, which can't set headers, sends its credential: in the name of a subprotocol."""


class Authentication:
    """Closes every path but the open ones, so that a new route is closed until someone opens it."""

    def __init__(self, app: ASGIApp, open_paths: AbstractSet[str]) -> None:
        self._app = app
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the caller into the scope's state, or answer that there is none."""
        if scope["type"] not in {"http", "websocket"} or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        authenticator: Authenticator = scope["app"].state.services.authenticator
        headers = Headers(scope=scope)
        authorization = _authorization(scope, headers)
        try:
            caller = await authenticator.caller(authorization)
            if authorization is None:
                require_own_page(caller, host=headers.get("host", ""), origin=headers.get("origin"))
        except KubeloreError as error:
            await error_response(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


def _authorization(scope: Scope, headers: Headers) -> str | None:
    if scope["type"] == "websocket" and "authorization" not in headers:
        offered = (name.strip() for name in headers.get("sec-websocket-protocol", "").split(","))
        tokens = [name.removeprefix(SUBPROTOCOL) for name in offered if name.startswith(SUBPROTOCOL)]
        return f"Bearer {tokens[0]}" if tokens else None
    return headers.get("authorization")
