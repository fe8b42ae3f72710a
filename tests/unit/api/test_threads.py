import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.threads import Threads


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    pool = Threads(most=1, most_calls=2)
    yield pool
    pool.close()


async def test_what_would_wait_behind_too_much_is_refused_at_once(threads: Threads) -> None:
    free = threading.Event()
    running, waiting = (asyncio.create_task(threads.run(free.wait, 30)) for _ in range(2))
    await asyncio.sleep(0)

    with pytest.raises(KubeloreError) as refused:
        await threads.run(int)
    free.set()

    assert refused.value.code is ErrorCode.OVERLOADED
    assert await running
    assert await waiting
    assert await threads.run(int) == 0


async def test_a_caller_that_leaves_makes_room(threads: Threads) -> None:
    free = threading.Event()
    running, waiting = (asyncio.create_task(threads.run(free.wait, 30)) for _ in range(2))
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.wait([waiting])
    next_one = asyncio.create_task(threads.run(int))
    free.set()

    assert await running
    assert await next_one == 0
