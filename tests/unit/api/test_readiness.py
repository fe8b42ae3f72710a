import asyncio

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.readiness import Readiness


async def well() -> None:
    """Answer."""


async def away() -> None:
    raise KubeloreError(ErrorCode.OBJECT_STORE_UNREACHABLE, "http://s3")


class SilentPart:
    """Answers nobody until it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.speak = asyncio.Event()

    async def ask(self) -> None:
        self.asked += 1
        await self.speak.wait()


async def test_each_part_answers_for_itself() -> None:
    checks = await Readiness({"a": well, "b": away}).check()
    assert checks["a"] == "ok"
    assert checks["b"] == "http://s3: the object store does not answer; check that it runs"


async def test_a_part_that_is_silent_is_named_after_a_while() -> None:
    checks = await Readiness({"a": well, "b": SilentPart().ask}, seconds=0.01).check()
    assert checks == {"a": "ok", "b": "no answer within 0.01 seconds"}


async def test_asking_again_piles_nothing_up_behind_a_silent_part() -> None:
    part = SilentPart()
    readiness = Readiness({"part": part.ask}, seconds=0.01)
    for _ in range(5):
        await readiness.check()
    assert part.asked == 1


async def test_a_part_that_speaks_again_is_well() -> None:
    part = SilentPart()
    readiness = Readiness({"part": part.ask}, seconds=0.01)
    await readiness.check()
    part.speak.set()
    assert await readiness.check() == {"part": "ok"}
