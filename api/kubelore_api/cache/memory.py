"""A cache in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class MemoryCache:
    """Keeps so many values for so many seconds each; the one that was asked for longest ago goes first."""

    def __init__(self, entries: int, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing."""
        self._entries = entries
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        with self._lock:
            until, value = self._values.get(key, (0.0, b""))
            if until <= self._monotonic():
                self._values.pop(key, None)
                return None
            self._values.move_to_end(key)
            return value

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = (self._monotonic() + self._seconds, value)
            self._values.move_to_end(key)
            while len(self._values) > self._entries:
                self._values.popitem(last=False)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
