"""The one clock: wall time for records and conditions, monotonic time for deadlines."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, cut to whole seconds as Kubernetes writes it."""
    return datetime.now(UTC).replace(microsecond=0)


def precise_now() -> datetime:
    """Return the current time in UTC to the microsecond, for what must be put in order within a second."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC, the form of `metav1.Time`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Deadline:
    """A point in monotonic time that work must not pass."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start counting `seconds` from now."""
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self._end - self._monotonic())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining == 0.0
