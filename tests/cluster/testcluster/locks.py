"""Let one process at a time build or number a thing that several may want."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from testcluster.paths import cache_folder


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold this user's lock `name`; wait while another process holds it."""
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
