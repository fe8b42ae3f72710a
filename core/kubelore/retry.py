"""The one retry helper: repeats what may succeed later, and nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

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
    return tenacity.Retrying(**_policy(_is_retryable, seconds, first_wait, longest_wait))(call)


async def retrying_async(
    call: Callable[[], Awaitable[T]],
    is_retryable: Callable[[BaseException], bool],
    *,
    seconds: float,
    first_wait: float = 0.2,
    longest_wait: float = 10.0,
) -> T:
    """Await until it succeeds, an error arises that is not retryable, or `seconds` have passed; else as `retrying`."""

    async def awaited() -> T:  # tenacity awaits nothing but what it sees to be a coroutine function.
        return await call()

    return await tenacity.AsyncRetrying(**_policy(is_retryable, seconds, first_wait, longest_wait))(awaited)


def _policy(
    is_retryable: Callable[[BaseException], bool], seconds: float, first_wait: float, longest_wait: float
) -> dict[str, Any]:
    return {
        "retry": tenacity.retry_if_exception(is_retryable),
        "wait": tenacity.wait_random_exponential(multiplier=first_wait, max=longest_wait),
        "stop": tenacity.stop_after_delay(seconds),
        "reraise": True,
    }
