"""Puts the items of concurrent requests into common batches: texts to embed, or pairs to score."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from kubelore.errors import ErrorCode, KubeloreError

Item = TypeVar("Item")
Rows = NDArray[np.float32]
"""One row an item."""

_MOST_WAITING_REQUESTS = 256
_ITEMS_TOGETHER = 64
"""The model is given so many at a time: enough for full batches, and soon done."""
_TURNS_BEFORE_BULK = 4
"""So often in a row questions go first, while bulk waits."""


@dataclass(slots=True)
class _Request(Generic[Item]):
    """What is asked, how far that is, and who waits for it."""

    items: Sequence[Item]
    answer: asyncio.Future[Rows]
    taken: int = 0
    done: list[Rows] = field(default_factory=list)

    def take(self, most: int) -> Sequence[Item]:
        """Return the next items."""
        part = self.items[self.taken : self.taken + most]
        self.taken += len(part)
        return part

    @property
    def is_taken(self) -> bool:
        return self.taken == len(self.items) or self.answer.done()


@dataclass(frozen=True, slots=True)
class _Part(Generic[Item]):
    request: _Request[Item]
    items: Sequence[Item]


class Batcher(Generic[Item]):
    """Runs the model in one thread; what arrives meanwhile is computed together after that.

    The model itself uses all cores for a batch, so a second one at the same time would gain nothing. Urgent requests,
    those that a question waits for, go before bulk, which is worked off in parts.
    """

    def __init__(self, compute: Callable[[Sequence[Item]], Rows]) -> None:
        """Compute with `compute`, which is called in a thread, once at a time, and returns a row an item."""
        self._compute = compute
        self._urgent: deque[_Request[Item]] = deque()
        self._bulk: deque[_Request[Item]] = deque()
        self._arrived = asyncio.Event()
        self._turns_without_bulk = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def compute(self, items: Sequence[Item], *, urgent: bool) -> Rows:
        """Return the rows of one request's items; raises EMBEDDER_UNREACHABLE if too many requests are waiting."""
        if len(self._urgent) + len(self._bulk) >= _MOST_WAITING_REQUESTS:
            found = f"{_MOST_WAITING_REQUESTS} requests are waiting for it"
            raise KubeloreError(ErrorCode.EMBEDDER_UNREACHABLE, "the embedder", found)
        answer: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._bulk).append(_Request(items, answer))
        self._arrived.set()
        return await answer

    async def run(self) -> None:
        """Work until cancelled."""
        with self._thread:
            while True:
                await self._arrived.wait()
                await self._answer(self._next_parts())
                if not self._urgent and not self._bulk:
                    self._arrived.clear()

    def _next_parts(self) -> list[_Part[Item]]:
        parts: list[_Part[Item]] = []
        room = _ITEMS_TOGETHER
        for queue in self._queues_in_turn():
            while queue and room > 0:
                part = _Part(queue[0], queue[0].take(room))
                room -= len(part.items)
                parts.append(part)
                if part.request.is_taken:
                    queue.popleft()
        return parts

    def _queues_in_turn(self) -> tuple[deque[_Request[Item]], deque[_Request[Item]]]:
        """Return which queue goes first; the other one gets the room that is left."""
        if not self._urgent or not self._bulk:
            self._turns_without_bulk = 0
        elif self._turns_without_bulk == _TURNS_BEFORE_BULK:
            self._turns_without_bulk = 0
            return self._bulk, self._urgent
        else:
            self._turns_without_bulk += 1
        return self._urgent, self._bulk

    async def _answer(self, parts: Sequence[_Part[Item]]) -> None:
        items = [item for part in parts for item in part.items]
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._compute, items)
        await asyncio.wait([work])
        start = 0
        for part in parts:
            end = start + len(part.items)
            _settle(part.request, work, slice(start, end))
            start = end


def _settle(request: _Request[Item], work: asyncio.Future[Rows], rows: slice) -> None:
    """Hand the result or the error on to one request, unless its client has gone."""
    if request.answer.done():
        return
    error = work.exception()
    if error is not None:
        request.answer.set_exception(error)
        return
    request.done.append(work.result()[rows])
    if request.is_taken:
        request.answer.set_result(np.concatenate(request.done))
