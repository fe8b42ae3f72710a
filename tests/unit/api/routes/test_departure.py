import asyncio
from typing import Any

import pytest
from fastapi import Request
from starlette.types import Message

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.routes.departure import unless_client_leaves, while_client_stays

SCOPE: dict[str, Any] = {"type": "http", "headers": []}


class Client:
    """Someone who waits for an answer until `leave`."""

    def __init__(self) -> None:
        self._has_left = asyncio.Event()

    def leave(self) -> None:
        self._has_left.set()

    async def receive(self) -> Message:
        await self._has_left.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def client() -> Client:
    return Client()


async def test_work_returns_what_it_returns_to_a_client_that_stays(client: Client) -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await unless_client_leaves(Request(SCOPE, client.receive), work()) == 7
    assert await nothing_else_runs()


async def test_work_for_a_client_that_leaves_is_cancelled(client: Client) -> None:
    cancelled = asyncio.Event()

    async def work() -> None:
        client.leave()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(KubeloreError) as caught:
        await unless_client_leaves(Request(SCOPE, client.receive), work())
    assert caught.value.code is ErrorCode.CANCELLED
    assert cancelled.is_set()


async def test_work_whose_next_piece_is_always_there_is_cancelled_too(client: Client) -> None:
    pieces = 0
    async with asyncio.timeout(10):
        async with while_client_stays(client.receive):
            client.leave()
            while True:
                await asyncio.sleep(0)
                pieces += 1
    assert pieces < 10


async def test_an_error_of_the_works_own_stays_what_it_is(client: Client) -> None:
    async def late() -> None:
        raise TimeoutError("of the work's own")

    with pytest.raises(TimeoutError, match="own"):
        await unless_client_leaves(Request(SCOPE, client.receive), late())


async def test_whoever_cancels_the_whole_request_is_obeyed(client: Client) -> None:
    async def answer() -> None:
        async with while_client_stays(client.receive):
            await asyncio.sleep(60)

    answering = asyncio.create_task(answer())
    await asyncio.sleep(0)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering


async def test_a_client_that_leaves_when_all_is_done_troubles_nobody(client: Client) -> None:
    async with while_client_stays(client.receive):
        await asyncio.sleep(0)
        client.leave()
    assert await nothing_else_runs()


async def nothing_else_runs() -> bool:
    """Let what was cancelled end first."""
    for _ in range(10):
        await asyncio.sleep(0)
    return asyncio.all_tasks() == {asyncio.current_task()}
