"""Stops working for a client that has left."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.types import Receive

from kubelore.errors import ErrorCode, KubeloreError

T = TypeVar("T")


async def unless_client_leaves(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, or cancel it when the client hangs up; the body must have been read.

    A framework's handler runs to its end whether anyone still waits or not, and a model writes for minutes.
    Raises KubeloreError CANCELLED where the client left, which nobody reads.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(departure(request.receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise KubeloreError(ErrorCode.CANCELLED, "the request", "its client left")
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def departure(receive: Receive) -> None:
    """Return when the client has hung up; the body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
