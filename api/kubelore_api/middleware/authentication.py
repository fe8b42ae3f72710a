"""Finds out who is calling before anything of the request's body is read."""

from collections.abc import Set as AbstractSet

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kubelore.errors import KubeloreError
from kubelore_api.access.authenticate import Authenticator
from kubelore_api.errors import error_response


class Authentication:
    """Closes every path but the open ones, so that a new route is closed until someone opens it."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator, open_paths: AbstractSet[str]) -> None:
        self._app = app
        self._authenticator = authenticator
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the caller into the scope's state, or answer that there is none."""
        if scope["type"] != "http" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        try:
            caller = self._authenticator.caller(Headers(scope=scope).get("authorization"))
        except KubeloreError as error:
            await error_response(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)
