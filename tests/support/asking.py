"""Asks again and again in a thread, while a test changes what is asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Asking(Generic[T]):
    """Asks without a break, and keeps every answer; `ask` is given how many there were before."""

    def __init__(self, ask: Callable[[int], T]) -> None:
        self.answers: list[T] = []
        self._ask = ask
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)

    @contextmanager
    def going_on(self) -> Iterator["Asking[T]"]:
        """Ask for the time of the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            self._thread.join()

    def _ask_on(self) -> None:
        while not self._is_over.is_set():
            self.answers.append(self._ask(len(self.answers)))
