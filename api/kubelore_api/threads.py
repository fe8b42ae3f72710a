"""Runs blocking calls of the stores and the embedder beside the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from kubelore.errors import ErrorCode, KubeloreError

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS = 16
MOST_CALLS = 1000
"""What runs and what waits: with a store that takes a second for each call, the last of them waits for a minute."""


class Threads:
    """A bounded pool: what comes while all are busy waits its turn, and is refused while too much waits."""

    def __init__(self, most: int = MOST_THREADS, most_calls: int = MOST_CALLS) -> None:
        """Start no thread yet."""
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="kubelore-api")
        self._most_calls = most_calls
        self._calls = 0

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in a thread, and wait for the result; raises KubeloreError OVERLOADED at once where too much waits."""
        if self._calls >= self._most_calls:
            raise KubeloreError(ErrorCode.OVERLOADED, "the gateway", f"{self._calls} calls of its stores")
        self._calls += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))
        finally:
            self._calls -= 1

    async def iterate(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Read from a blocking iterator, one piece at a time: the next one is read when this one is taken."""
        while (piece := await self.run(next, pieces, None)) is not None:
            yield piece

    def close(self) -> None:
        """Let running calls end, and start no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
