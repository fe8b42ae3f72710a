"""Lets one process at a time fetch into a folder, also across the pods that share its volume."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubelore_ingest.model_fetch.names import LOCK_NAME

_log = logging.getLogger(__name__)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the folder's lock for the time of the block, after waiting for it; the kernel frees it if we die."""
    with (target / LOCK_NAME).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.info("another process fetches the model; waiting for it", extra={"target": str(target)})
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
