"""A route for what is asked most."""

from collections.abc import Callable, Coroutine
from typing import Any, cast, get_type_hints

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from kubelore_api.access.permissions import Permission
from kubelore_api.routes.dependencies import CallerOf, ServicesOf, permitted_caller, services_of
from kubelore_api.routes.json_request import JsonRequest

_BESIDE_THE_BODY = [JsonRequest, ServicesOf, CallerOf]


class DirectRoute(APIRoute):
    """Calls an endpoint that takes the request, its JSON body, the services, and a caller who may read.

    It is declared and described like any other. But the framework would find out at each request what a declaration
    asks for, and read the body with Python's own parser. Here the first is known, and a declaration that asks for
    anything else is refused at the start; orjson does the second.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers one request."""
        endpoint, model = self.endpoint, _model_of(self.endpoint)

        async def answer(http: Request) -> Response:
            caller = permitted_caller(http, Permission.READ)
            request = JsonRequest(http.scope, http.receive)
            body = await request.read_as(model)
            return cast("Response", await endpoint(request, body, services_of(http), caller))

        return answer


def _model_of(endpoint: Callable[..., Any]) -> type[BaseModel]:
    hints = get_type_hints(endpoint, include_extras=True)
    http, model, *others = [hint for name, hint in hints.items() if name != "return"]
    if [http, *others] != _BESIDE_THE_BODY:
        raise TypeError(f"{endpoint.__qualname__} asks for what a direct route does not give")
    return cast("type[BaseModel]", model)
