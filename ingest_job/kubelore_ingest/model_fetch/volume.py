"""The volume that a model is fetched into: its free space, and what goes wrong with it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def check_space(target: Path, needed: int) -> None:
    """Raise NO_SPACE unless `needed` more bytes fit."""
    volume = os.statvfs(target)
    free = volume.f_bavail * volume.f_frsize
    if needed > free:
        raise KubeloreError(
            ErrorCode.NO_SPACE, _subject(target), f"{needed:,} more bytes are needed, {free:,} are free"
        )


def allocated(path: Path) -> int:
    """Return the bytes that a file takes up, which is less than its length where it has holes; 0 where none is."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


@contextmanager
def volume_errors(target: Path) -> Iterator[None]:
    """Turn what the file system says into NO_SPACE or VOLUME_UNUSABLE."""
    try:
        yield
    except OSError as error:
        code = ErrorCode.NO_SPACE if error.errno in _FULL else ErrorCode.VOLUME_UNUSABLE
        raise KubeloreError(code, _subject(target), error.strerror or type(error).__name__) from error


def _subject(target: Path) -> str:
    return f"model folder {str(target)!r}"
