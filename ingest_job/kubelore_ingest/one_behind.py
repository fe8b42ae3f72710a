"""Does work in another thread, one piece behind the one that is being prepared."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

Result = TypeVar("Result")


class OneBehind(Generic[Result]):
    """Runs one call at a time while its caller prepares the next: never are more than two pieces of work held.

    Results are taken in the caller's thread, each before the next call starts, and the last at the end of the block;
    a call's error is raised there.
    """

    def __init__(self, take: Callable[[Result], None]) -> None:
        """Pass each call's result to `take`."""
        self._take = take
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._running: Future[Result] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._take_result()
        finally:
            self._thread.shutdown()

    def start(self, call: Callable[[], Result]) -> None:
        """Wait for the call before, and start this one."""
        self._take_result()
        self._running = self._thread.submit(call)

    def _take_result(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            self._take(running.result())
