"""Holds callers to their limits, and counts what they use."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kubelore_api.access.caller import Caller
from kubelore_api.access.limits import Limits
from kubelore_api.errors import RateLimitedError, error_response
from kubelore_api.metering.use import AnswerReader, Use
from kubelore_api.services import Services

_NO_ADDRESS = "unknown"


class AddressLimit:
    """Counts requests by address, before anyone asks whose they are: guessing at credentials is limited, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer that it is one too many."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        limits: Limits = scope["app"].state.services.limits
        try:
            await limits.admit_address(_address(scope))
        except RateLimitedError as error:
            await error_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Metering:
    """Counts the requests and tokens of each caller, and passes on only what its limits allow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the answer took when it has ended, or broken off."""
        caller: Caller | None = scope.get("state", {}).get("caller")
        if caller is None:
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        try:
            await services.limits.admit(caller, _address(scope))
            with services.limits.at_once(caller, _address(scope)):
                await self._counted(scope, receive, send, services, caller)
        except RateLimitedError as error:
            await error_response(error)(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, services: Services, caller: Caller) -> None:
        use = scope["state"]["use"] = Use()
        reader = AnswerReader(use)
        succeeded = scope["type"] == "websocket"

        async def send_and_read(message: Message) -> None:
            nonlocal succeeded
            if message["type"] == "http.response.start":
                succeeded = message["status"] < HTTPStatus.BAD_REQUEST
            elif succeeded and message["type"] == "http.response.body":
                reader.read(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_and_read)
        finally:
            if succeeded and scope.get("method") != "GET":
                reader.end()
                await _note(services, caller, use, _address(scope))


async def _note(services: Services, caller: Caller, use: Use, address: str) -> None:
    services.meter.count(caller, use)
    services.metrics.count_tokens(use.model, caller.tenant, use.prompt_tokens, use.completion_tokens)
    await services.limits.charge(caller, address, use.tokens)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else _NO_ADDRESS
