"""Keeps a second `kubelore up` out of a state folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError

_LOCK_FILE = "lock"


@contextmanager
def only_instance(state_dir: Path) -> Iterator[None]:
    """Hold the folder for as long as the context lasts; the kernel lets go of it when this process dies.

    Raises KubeloreError STATE_IN_USE with the other's process id, or SETTINGS_INVALID for a folder that can't be
    written to.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(state_dir / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as error:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, f"the state folder {state_dir}", str(error)) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = f"process {file.read().strip()}"
            raise KubeloreError(ErrorCode.STATE_IN_USE, f"the state folder {state_dir}", holder) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
