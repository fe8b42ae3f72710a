"""Stands in for an API server that is too busy for a while, which a real one can't be made to be on demand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from support.fake_gateway import serving


@dataclass(slots=True)
class FakeBusyApiServer:
    """Answers 429 `refusals` times, and then every list with nothing in it; counts its requests."""

    refusals: int
    url: str = ""
    requests: int = 0

    async def answer(self, _: web.Request) -> web.StreamResponse:
        """Answer whatever is asked."""
        self.requests += 1
        if self.requests <= self.refusals:
            status = {"kind": "Status", "message": "storage is (re)initializing"}
            return web.json_response(status, status=HTTPStatus.TOO_MANY_REQUESTS)
        return web.json_response({"items": []})


@asynccontextmanager
async def fake_busy_api_server(refusals: int) -> AsyncIterator[FakeBusyApiServer]:
    """Serve on a free port for the time of the block."""
    server = FakeBusyApiServer(refusals)
    async with serving({("GET", "/{path:.*}"): server.answer}) as url:
        server.url = url.rstrip("/")
        yield server
