"""The one retry helper: repeats what may succeed later, and nothing else."""

from collections.abc import Callable
from typing import TypeVar

import tenacity

from kubelore.errors import KubeloreError

T = TypeVar("T")


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, KubeloreError) and error.kind.retryable


def retrying(call: Callable[[], T], *, seconds: float, first_wait: float = 0.2, longest_wait: float = 10.0) -> T:
    """Call until it succeeds, a permanent error arises, or `seconds` have passed.

    Waits grow exponentially with jitter between `first_wait` and `longest_wait` seconds. The last error is
    raised as it was.
    """
    retryer = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_retryable),
        wait=tenacity.wait_random_exponential(multiplier=first_wait, max=longest_wait),
        stop=tenacity.stop_after_delay(seconds),
        reraise=True,
    )
    return retryer(call)
