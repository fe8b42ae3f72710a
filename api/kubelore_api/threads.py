"""Runs blocking calls of the stores and the embedder beside the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS = 16


class Threads:
    """A bounded pool: what comes while all are busy waits its turn."""

    def __init__(self, most: int = MOST_THREADS) -> None:
        """Start no thread yet."""
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="kubelore-api")

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in a thread, and wait for the result."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))

    async def iterate(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Read from a blocking iterator, one piece at a time: the next one is read when this one is taken."""
        while (piece := await self.run(next, pieces, None)) is not None:
            yield piece

    def close(self) -> None:
        """Let running calls end, and start no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
