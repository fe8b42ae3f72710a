"""A work queue: each key once, one worker a key, later where it failed."""

import asyncio
import heapq
import time
from collections import OrderedDict
from collections.abc import Callable

from kubelore.resources.base import ResourceKey

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 300.0
_MOST_DOUBLINGS = 16


class WorkQueue:
    """Keys that wait to be reconciled, in the order in which they came.

    A key that is added again while it waits is there once; one that is added while it is worked on comes again
    afterwards. Times are seconds of the given monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty."""
        self._clock = clock
        self._ready: OrderedDict[ResourceKey, None] = OrderedDict()
        self._working: set[ResourceKey] = set()
        self._again: set[ResourceKey] = set()
        self._due: dict[ResourceKey, float] = {}
        self._timers: list[tuple[float, ResourceKey]] = []
        self._failures: dict[ResourceKey, int] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: ResourceKey) -> None:
        """Have the key looked at as soon as possible."""
        self._due.pop(key, None)
        if key in self._working:
            self._again.add(key)
            return
        self._ready[key] = None
        self._changed.set()

    def add_after(self, key: ResourceKey, seconds: float) -> None:
        """Have the key looked at then, unless it comes earlier."""
        due = self._clock() + seconds
        if key in self._ready or self._due.get(key, float("inf")) <= due:
            return
        self._due[key] = due
        heapq.heappush(self._timers, (due, key))
        self._changed.set()

    def retry(self, key: ResourceKey) -> float:
        """Have a key that failed looked at after a wait that doubles with each failure, and return the wait."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        wait = min(_FIRST_WAIT * 2.0 ** min(failures, _MOST_DOUBLINGS), _LONGEST_WAIT)
        self.add_after(key, wait)
        return wait

    def forget(self, key: ResourceKey) -> None:
        """Forget a key's failures, because it succeeded."""
        self._failures.pop(key, None)

    def take(self) -> ResourceKey | None:
        """Return the next key that is due, or None; it is the caller's until `done`."""
        self._ripen()
        if not self._ready:
            return None
        key, _ = self._ready.popitem(last=False)
        self._working.add(key)
        return key

    def done(self, key: ResourceKey) -> None:
        """Give a key back."""
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    async def get(self) -> ResourceKey:
        """Wait for the next key."""
        while (key := self.take()) is None:
            self._changed.clear()
            try:
                async with asyncio.timeout(self._seconds_to_next()):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return key

    def _ripen(self) -> None:
        now = self._clock()
        while self._timers and self._timers[0][0] <= now:
            due, key = heapq.heappop(self._timers)
            if self._due.get(key) == due:
                self.add(key)

    def _seconds_to_next(self) -> float | None:
        return max(0.0, self._timers[0][0] - self._clock()) if self._timers else None
