"""Stops working for a client that has left."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from kubelore.errors import ErrorCode, KubeloreError

T = TypeVar("T")


async def unless_client_leaves(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, or cancel it when the client hangs up; the body must have been read.

    A framework's handler runs to its end whether anyone still waits or not, and a model writes for minutes.
    Raises KubeloreError CANCELLED where the client left, which nobody reads.
    """
    working = asyncio.ensure_future(work)
    departure = asyncio.ensure_future(_departure(request))
    try:
        await asyncio.wait({working, departure}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise KubeloreError(ErrorCode.CANCELLED, "the request", "its client left")
        return working.result()
    finally:
        working.cancel()
        departure.cancel()


async def _departure(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
