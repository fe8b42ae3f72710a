from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.errors import handle_errors
from kubelore_api.routes.dependencies import CallerOf, EditorOf, ServicesOf
from kubelore_api.routes.direct_route import DirectRoute
from kubelore_api.routes.json_request import JsonRequest

SERVICES = "the kitchen"
ORDER = {"dish": "soup"}


class Order(BaseModel):
    dish: str


async def cook(http: JsonRequest, order: Order, services: ServicesOf, caller: CallerOf) -> Response:
    return PlainTextResponse(f"{http.method}: {order.dish} for {caller.tenant} from {services}")


async def cook_as_editor(_http: JsonRequest, _order: Order, _services: ServicesOf, _caller: EditorOf) -> Response:
    return Response()


async def cook_by_query(
    _http: JsonRequest, _order: Order, _services: ServicesOf, _caller: CallerOf, _n: Annotated[int, Query()]
) -> Response:
    return Response()


async def cook_for_anyone(_http: Request, _order: Order) -> Response:
    return Response()


def kitchen(endpoint: Callable[..., Any]) -> FastAPI:
    router = APIRouter(route_class=DirectRoute)
    router.post("/orders", response_model=None)(endpoint)
    app = FastAPI()
    app.state.services = SERVICES
    handle_errors(app)
    app.include_router(router)
    return app


def called_by(caller: Caller, app: ASGIApp) -> TestClient:
    async def authenticated(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"caller": caller}}, receive, send)

    return TestClient(authenticated)


def test_an_endpoint_is_given_the_body_the_services_and_the_caller() -> None:
    answer = called_by(Caller("acme"), kitchen(cook)).post("/orders", json=ORDER)
    assert answer.text == "POST: soup for acme from the kitchen"


def test_it_is_described_with_its_body_and_its_credential() -> None:
    operation = kitchen(cook).openapi()["paths"]["/orders"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Order"}
    assert operation["security"]


def test_who_may_not_read_is_refused() -> None:
    nobody = Caller("acme", permissions=frozenset({Permission.WRITE}))
    answer = called_by(nobody, kitchen(cook)).post("/orders", json=ORDER)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(("body", "parameter"), [(b"{", "body"), (b"[]", "body"), (b'{"dish": 7}', "dish")])
def test_a_body_that_is_wrong_is_answered_as_everywhere(body: bytes, parameter: str) -> None:
    client = called_by(Caller("acme"), kitchen(cook))
    answer = client.post("/orders", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, parameter)


@pytest.mark.parametrize("endpoint", [cook_as_editor, cook_by_query, cook_for_anyone])
def test_an_endpoint_that_asks_for_anything_else_is_refused_at_the_start(endpoint: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=endpoint.__name__):
        kitchen(endpoint)
