"""A cache that all gateways share."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError

_log = logging.getLogger(__name__)

PREFIX = "kubelore:cache:"
SECONDS_TO_ANSWER = 0.25
SECONDS_OF_REST = 5.0
"""How long a Redis that did not answer is asked nothing: each question would wait for it."""

T = TypeVar("T")


class RedisCache:
    """Values in Redis, which lets them go after so many seconds, or earlier by its own policy."""

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        timeouts = {"socket_timeout": SECONDS_TO_ANSWER, "socket_connect_timeout": SECONDS_TO_ANSWER}
        self._redis: Redis = Redis.from_url(url, **timeouts)
        self._monotonic = monotonic
        self._rests_until = 0.0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        found = self._asked(lambda: self._redis.get(PREFIX + key))
        return found if isinstance(found, bytes) else None

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for so long."""
        self._asked(lambda: self._redis.set(PREFIX + key, value, ex=seconds))

    def close(self) -> None:
        """Close connections."""
        self._redis.close()

    def _asked(self, question: Callable[[], T]) -> T | None:
        if self._monotonic() < self._rests_until:
            return None
        try:
            return question()
        except RedisError as error:
            with self._lock:
                self._rests_until = self._monotonic() + SECONDS_OF_REST
            _log.warning("Going on without Redis: %s", type(error).__name__)
            return None
