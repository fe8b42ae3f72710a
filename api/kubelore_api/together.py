"""Makes one call of what is asked while another call is under way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kubelore.errors import ErrorCode, KubeloreError

Kind = TypeVar("Kind", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class _Asked(Generic[Item, Result]):
    item: Item
    answer: asyncio.Future[Result]


class Together(Generic[Kind, Item, Result]):
    """Asks for the items of one kind by one call at a time; what comes meanwhile goes together as the next call.

    So whoever asks alone waits for nobody, and the busier it gets, the more a call is worth. Items of two kinds never
    share a call. Where a call fails, its items are asked in halves, so that one that is refused fails alone, unless
    `is_everyones` says of the error that it would meet each of them.
    """

    def __init__(
        self,
        call: Callable[[Kind, Sequence[Item]], Awaitable[Sequence[Result]]],
        most: Callable[[Kind], int],
        is_everyones: Callable[[Exception], bool],
    ) -> None:
        """Ask by `call`, which returns a result for each item; `most` says how many of a kind go into one."""
        self._call = call
        self._most = most
        self._is_everyones = is_everyones
        self._queues: dict[Kind, deque[_Asked[Item, Result]]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def ask(self, kind: Kind, item: Item) -> Result:
        """Return the item's result; raises as the call does, and OVERLOADED at once where too much waits."""
        if self._waiting >= MOST_WAITING:
            raise KubeloreError(ErrorCode.OVERLOADED, "the gateway", f"{self._waiting} calls of its stores")
        asked: _Asked[Item, Result] = _Asked(item, asyncio.get_running_loop().create_future())
        self._queue(kind).append(asked)
        self._waiting += 1
        try:
            return await asked.answer
        finally:
            self._waiting -= 1

    def _queue(self, kind: Kind) -> deque[_Asked[Item, Result]]:
        """Return where items of a kind wait; who is the first starts the work, which takes the whole tick's."""
        if kind not in self._queues:
            self._queues[kind] = deque()
            worker = asyncio.create_task(self._work(kind, self._queues[kind]))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return self._queues[kind]

    async def _work(self, kind: Kind, queue: deque[_Asked[Item, Result]]) -> None:
        try:
            while queue:
                batch = [queue.popleft() for _ in range(min(self._most(kind), len(queue)))]
                await self._answer(kind, [asked for asked in batch if not asked.answer.done()])
        finally:
            del self._queues[kind]
            _cancel(queue)

    async def _answer(self, kind: Kind, batch: Sequence[_Asked[Item, Result]]) -> None:
        if not batch:
            return
        try:
            results = await self._call(kind, [asked.item for asked in batch])
            for asked, result in zip(batch, results, strict=True):
                if not asked.answer.done():
                    asked.answer.set_result(result)
        except asyncio.CancelledError:
            _cancel(batch)
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            await self._answer_after(error, kind, batch)

    async def _answer_after(self, error: Exception, kind: Kind, batch: Sequence[_Asked[Item, Result]]) -> None:
        if len(batch) > 1 and not self._is_everyones(error):
            middle = len(batch) // 2
            await self._answer(kind, batch[:middle])
            await self._answer(kind, batch[middle:])
            return
        for asked in batch:
            if not asked.answer.done():
                asked.answer.set_exception(error)


def _cancel(batch: Sequence[_Asked[Item, Result]]) -> None:
    for asked in batch:
        asked.answer.cancel()
