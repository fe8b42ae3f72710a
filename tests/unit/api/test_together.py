import asyncio
from collections.abc import Sequence

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.together import MOST_WAITING, Together

pytestmark = pytest.mark.timeout(30)

Call = tuple[str, list[int]]


class BrokenError(Exception):
    """What meets every item."""


class HeldCall:
    """Doubles numbers when it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    async def __call__(self, kind: str, items: Sequence[int]) -> Sequence[int]:
        self.calls.append((kind, list(items)))
        self.asked.set()
        await self.answers.wait()
        return [2 * item for item in items]


class RefusingCall:
    """Doubles numbers; refuses a call that holds one of the refused numbers."""

    def __init__(self, *refused: int, error: Exception | None = None) -> None:
        self.calls: list[list[int]] = []
        self._refused = set(refused)
        self._error = error or ValueError("refused")

    async def __call__(self, _kind: str, items: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(items))
        await asyncio.sleep(0)
        if self._refused & set(items):
            raise self._error
        return [2 * item for item in items]


def together(call: HeldCall | RefusingCall, most: int = 64) -> Together[str, int, int]:
    return Together(call, lambda _kind: most, lambda error: isinstance(error, BrokenError))


@pytest.fixture
async def held() -> HeldCall:
    return HeldCall()


async def asking(asked: Together[str, int, int], kind: str, *items: int) -> list[asyncio.Task[int]]:
    """Ask for items, and return once all of them wait."""
    tasks = [asyncio.create_task(asked.ask(kind, item)) for item in items]
    await asyncio.sleep(0)
    return tasks


async def test_one_alone_is_asked_at_once(held: HeldCall) -> None:
    held.answers.set()
    assert await together(held).ask("a", 1) == 2
    assert held.calls == [("a", [1])]


async def test_what_comes_while_a_call_is_under_way_goes_together_as_the_next(held: HeldCall) -> None:
    asked = together(held)
    first = await asking(asked, "a", 1)
    await held.asked.wait()
    others = [*await asking(asked, "a", 2), *await asking(asked, "a", 3, 4)]
    held.answers.set()
    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert held.calls == [("a", [1]), ("a", [2, 3, 4])]


async def test_what_is_asked_at_the_same_moment_is_one_call(held: HeldCall) -> None:
    held.answers.set()
    asked = together(held)
    assert await asyncio.gather(*(asked.ask("a", item) for item in range(5))) == [0, 2, 4, 6, 8]
    assert held.calls == [("a", [0, 1, 2, 3, 4])]


async def test_no_call_takes_more_than_its_most(held: HeldCall) -> None:
    held.answers.set()
    asked = together(held, most=2)
    await asyncio.gather(*(asked.ask("a", item) for item in range(5)))
    assert [len(items) for _, items in held.calls] == [2, 2, 1]


async def test_two_kinds_never_share_a_call_and_do_not_wait_for_each_other(held: HeldCall) -> None:
    asked = together(held)
    tasks = [*await asking(asked, "a", 1, 2), *await asking(asked, "b", 3)]
    await held.asked.wait()
    await asyncio.sleep(0)
    assert held.calls == [("a", [1, 2]), ("b", [3])]
    held.answers.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]


async def test_one_that_is_refused_fails_alone() -> None:
    call = RefusingCall(3)
    asked = together(call)
    results = await asyncio.gather(*(asked.ask("a", item) for item in range(8)), return_exceptions=True)
    assert [result for result in results if isinstance(result, int)] == [0, 2, 4, 8, 10, 12, 14]
    assert isinstance(results[3], ValueError)
    assert len(call.calls) == 7


async def test_an_error_that_is_everyones_is_told_to_all_without_asking_again() -> None:
    call = RefusingCall(0, error=BrokenError())
    asked = together(call)
    results = await asyncio.gather(*(asked.ask("a", item) for item in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [BrokenError] * 3
    assert call.calls == [[0, 1, 2]]


async def test_after_an_error_the_next_one_is_asked_again() -> None:
    asked = together(RefusingCall(1))
    with pytest.raises(ValueError, match="refused"):
        await asked.ask("a", 1)
    assert await asked.ask("a", 2) == 4


async def test_who_leaves_before_the_call_is_not_asked_for(held: HeldCall) -> None:
    asked = together(held)
    first = await asking(asked, "a", 1)
    await held.asked.wait()
    leaving, staying = await asking(asked, "a", 2, 3)
    leaving.cancel()
    await asyncio.wait([leaving])
    held.answers.set()
    assert await asyncio.gather(*first, staying) == [2, 6]
    assert held.calls == [("a", [1]), ("a", [3])]


async def test_who_leaves_during_the_call_does_not_disturb_the_others(held: HeldCall) -> None:
    leaving, staying = await asking(together(held), "a", 1, 2)
    await held.asked.wait()
    leaving.cancel()
    await asyncio.wait([leaving])
    held.answers.set()
    assert await staying == 4


async def test_a_call_that_is_cancelled_leaves_nobody_waiting() -> None:
    async def stopped(_kind: str, _items: Sequence[int]) -> Sequence[int]:
        raise asyncio.CancelledError

    asked: Together[str, int, int] = Together(stopped, lambda _kind: 1, lambda _error: False)
    results = await asyncio.gather(*(asked.ask("a", item) for item in (1, 2)), return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2


async def test_a_call_that_leaves_out_a_result_is_an_error_for_who_misses_it() -> None:
    async def forgetful(_kind: str, items: Sequence[int]) -> Sequence[int]:
        return list(items)[1:]

    asked: Together[str, int, int] = Together(forgetful, lambda _kind: 1, lambda _error: False)
    with pytest.raises(ValueError, match="shorter"):
        await asked.ask("a", 1)


async def test_what_would_wait_behind_too_much_is_refused_at_once(held: HeldCall) -> None:
    asked = together(held)
    waiting = await asking(asked, "a", *range(MOST_WAITING))
    with pytest.raises(KubeloreError) as refused:
        await asked.ask("b", 1)
    held.answers.set()
    await asyncio.gather(*waiting)
    assert refused.value.code is ErrorCode.OVERLOADED
    assert await asked.ask("b", 1) == 2
