"""What a tenant used."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel

from kubelore.clock import now
from kubelore_api.access.permissions import Permission
from kubelore_api.metering.meter import Consumer, Total
from kubelore_api.routes.dependencies import AdminOf, DatabaseOf, ServicesOf

router = APIRouter(prefix="/v1/usage", tags=["access"])

_DAYS = 30
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a table's program would calculate, were it not a text."""


class UsageLine(BaseModel):
    """What one user used of one model; documents and bytes are uploads."""

    tenant: str
    subject: str
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    documents: int
    uploaded_bytes: int


class Usage(BaseModel):
    """What was used in a time."""

    since: datetime
    until: datetime
    data: list[UsageLine]


@router.get("", response_model=Usage, responses={200: {"content": {"text/csv": {}}}})
async def usage(
    services: ServicesOf,
    _database: DatabaseOf,
    caller: AdminOf,
    since: Annotated[AwareDatetime | None, Query(description="Default: 30 days before the end.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Default: now.")] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Usage | Response:
    """Report what the tenant used by user and model; the installation's owner sees every tenant."""
    end = until or now() + timedelta(seconds=1)
    begin = since or end - timedelta(days=_DAYS)
    tenant = None if Permission.OPERATE in caller.permissions else caller.tenant
    lines = [_line(*each) for each in await services.meter.report(tenant, begin, end)]
    if form == "csv":
        return Response(_csv(lines), media_type="text/csv; charset=utf-8")
    return Usage(since=begin, until=end, data=lines)


def _line(consumer: Consumer, total: Total) -> UsageLine:
    return UsageLine(**asdict(consumer), **asdict(total))


def _csv(lines: Sequence[UsageLine]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(UsageLine.model_fields))
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in line.model_dump().items()} for line in lines)
    return text.getvalue()


def _plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
