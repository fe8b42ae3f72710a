"""Stops working for a client that has left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import Request
from starlette.types import Receive

from kubelore.errors import ErrorCode, KubeloreError

T = TypeVar("T")

_AT_ONCE = 0.0
"""A time of the event loop's clock that has passed."""


async def unless_client_leaves(request: Request, work: Awaitable[T]) -> T:
    """Return what the work returns, or cancel it when the client hangs up; the body must have been read.

    A framework's handler runs to its end whether anyone still waits or not, and a model writes for minutes.
    Raises KubeloreError CANCELLED where the client left, which nobody reads.
    """
    async with while_client_stays(request.receive):
        return await work
    raise KubeloreError(ErrorCode.CANCELLED, "the request", "its client left")


@asynccontextmanager
async def while_client_stays(receive: Receive) -> AsyncIterator[None]:
    """Cancel what runs in this block when the client hangs up, and go on behind it; the body must have been read.

    To the event loop it is a timeout whose time is not known before it comes. That takes one task less than waiting for
    the work and for the client, and cancels the work also where what it waits for is always there already, which anyio,
    and with it the framework, never does.
    """
    staying = asyncio.timeout(None)

    async def watch() -> None:
        await _departure(receive)
        staying.reschedule(_AT_ONCE)

    try:
        async with staying:
            watching = asyncio.create_task(watch())
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError:
        if not staying.expired():
            raise


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
