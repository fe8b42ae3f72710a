"""Wait for a condition, never for a time."""

import time
from collections.abc import Callable

from testcluster.errors import ClusterError

_SECONDS_BETWEEN_LOOKS = 0.1


def wait_until(what: str, condition: Callable[[], bool], seconds: float) -> None:
    """Return once `condition` holds.

    Raises ClusterError naming `what` when it still does not after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"{what}: not so after {seconds:.0f} s")
        time.sleep(_SECONDS_BETWEEN_LOOKS)
