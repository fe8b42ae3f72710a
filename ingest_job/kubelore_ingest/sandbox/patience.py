"""How long a child is waited for."""

from collections.abc import Callable

from kubelore.clock import Deadline
from kubelore.errors import ErrorCode, KubeloreError


def never() -> bool:
    """Return False: nobody cancels."""
    return False


class Patience:
    """Waits so many seconds for a document, and as long again after each sign of life, at most `renewals` times.

    The bound is there because a document may have taken the child over, which could go on giving signs for ever.
    """

    def __init__(self, subject: str, seconds: float, renewals: int = 0, cancelled: Callable[[], bool] = never) -> None:
        """Start to wait; `subject` stands in messages."""
        self._subject = subject
        self._seconds = seconds
        self._renewals = renewals
        self._cancelled = cancelled
        self._deadline = Deadline(seconds)

    def check(self) -> None:
        """Raise KubeloreError CANCELLED or PARSE_TIMEOUT where the wait is over."""
        if self._cancelled():
            raise KubeloreError(ErrorCode.CANCELLED, self._subject)
        if self._deadline.passed:
            raise KubeloreError(ErrorCode.PARSE_TIMEOUT, self._subject, f"{self._seconds:g} s")

    def renew(self) -> None:
        """Start to wait anew, unless that was done often enough."""
        if self._renewals > 0:
            self._renewals -= 1
            self._deadline = Deadline(self._seconds)
