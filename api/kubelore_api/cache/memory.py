"""A cache in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

ENTRY_BYTES = 200
"""What an entry takes beside its key and its value, about."""


class MemoryCache:
    """Keeps values of so many bytes together; the one that was asked for longest ago goes first."""

    def __init__(self, most_bytes: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing."""
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        with self._lock:
            until, value = self._values.get(key, (0.0, b""))
            if until <= self._monotonic():
                self._forget(key)
                return None
            self._values.move_to_end(key)
            return value

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for so long."""
        with self._lock:
            self._forget(key)
            self._values[key] = (self._monotonic() + seconds, value)
            self._bytes += _size(key, value)
            while self._bytes > self._most_bytes:
                self._forget(next(iter(self._values)))

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def _forget(self, key: str) -> None:
        if key in self._values:
            _, value = self._values.pop(key)
            self._bytes -= _size(key, value)


def _size(key: str, value: bytes) -> int:
    return ENTRY_BYTES + len(key) + len(value)
