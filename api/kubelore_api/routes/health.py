"""Whether the gateway runs, and whether it can answer."""

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from kubelore_api.readiness import OK
from kubelore_api.routes.dependencies import ServicesOf

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadinessReport(BaseModel):
    """What each outside part said: `ok`, or what is wrong and what to do."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str]


@router.get("/healthz")
async def healthz() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/readyz", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": ReadinessReport}})
async def readyz(services: ServicesOf, response: Response) -> ReadinessReport:
    """Ask every outside part at once, and say which one is away."""
    checks = await services.readiness.check()
    if all(answer == OK for answer in checks.values()):
        return ReadinessReport(status="ok", checks=checks)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return ReadinessReport(status="unavailable", checks=checks)
