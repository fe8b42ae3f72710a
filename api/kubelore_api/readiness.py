"""Asks the outside parts whether they answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from kubelore.errors import KubeloreError

_log = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
OK = "ok"


class Readiness:
    """One question to each part at a time: while a part is silent, asking again only waits for the same answer.

    So a probe every few seconds piles nothing up behind a part that is away.
    """

    def __init__(
        self, questions: Mapping[str, Callable[[], Awaitable[object]]], seconds: float = CHECK_SECONDS
    ) -> None:
        """Take what to ask each part, by the part's name."""
        self._questions = questions
        self._seconds = seconds
        self._asked: dict[str, asyncio.Future[object]] = {}

    async def check(self) -> dict[str, str]:
        """Return what each part says: `ok`, or what is wrong and what to do."""
        answers = await asyncio.gather(*map(self._answer, self._questions))
        return dict(zip(self._questions, answers, strict=True))

    async def _answer(self, part: str) -> str:
        asked = self._asked.get(part)
        if asked is None or asked.done():
            asked = self._asked[part] = asyncio.ensure_future(self._questions[part]())
        await asyncio.wait({asked}, timeout=self._seconds)
        return _outcome(asked, self._seconds)


def _outcome(asked: asyncio.Future[object], seconds: float) -> str:
    if not asked.done():
        return f"no answer within {seconds:g} seconds"
    try:
        asked.result()
    except KubeloreError as error:
        _log.warning("Not ready: %s", error)
        return error.message
    return OK
