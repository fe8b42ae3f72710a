import asyncio

import pytest

from kubelore_api.cache.single_flight import SingleFlight


class Oven:
    """Counts what it is asked to make, and makes it when it may."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.is_hot = asyncio.Event()
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def make(self) -> int:
        self.begun += 1
        self.is_hot.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return self.begun


async def asked(flights: SingleFlight[int], oven: Oven, times: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(flights.run("key", oven.make)) for _ in range(times)]
    await oven.is_hot.wait()
    return tasks


async def test_what_several_ask_for_at_once_is_made_once() -> None:
    flights, oven = SingleFlight[int](), Oven()
    tasks = await asked(flights, oven, 3)
    oven.may_end.set()
    assert await asyncio.gather(*tasks) == [1, 1, 1]
    assert await flights.run("key", oven.make) == 2


async def test_an_error_is_everybodys_and_is_not_kept() -> None:
    flights, oven = SingleFlight[int](), Oven()
    oven.error = ValueError("burnt")
    tasks = await asked(flights, oven, 2)
    oven.may_end.set()
    assert [str(error) for error in await asyncio.gather(*tasks, return_exceptions=True)] == ["burnt", "burnt"]
    oven.error = None
    assert await flights.run("key", oven.make) == 2


async def test_the_first_who_asked_may_leave() -> None:
    flights, oven = SingleFlight[int](), Oven()
    first, second = await asked(flights, oven, 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    oven.may_end.set()
    assert await second == 1


async def test_what_nobody_waits_for_is_not_made_to_its_end() -> None:
    flights, oven = SingleFlight[int](), Oven()
    tasks = await asked(flights, oven, 2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
    assert oven.cancelled == 1
    oven.may_end.set()
    assert await flights.run("key", oven.make) == 2
