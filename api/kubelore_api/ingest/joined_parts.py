"""Reads objects one behind the other as if they were one file."""

import hashlib
import io
from collections.abc import Iterator


class JoinedParts(io.RawIOBase):
    """A stream over pieces of bytes that holds one piece at a time, and hashes what was read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Read nothing yet."""
        super().__init__()
        self._pieces = pieces
        self._left = memoryview(b"")
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)

    @property
    def sha256(self) -> str:
        """The digest of what was read so far, in hexadecimal digits."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        """The digest by which OpenAI's clients check an upload."""
        return self._md5.hexdigest()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # RawIOBase hands over a memoryview.
        """Fill a buffer from one piece, and say how far; 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        read = self._left[: len(buffer)]
        buffer[: len(read)] = read
        self._left = self._left[len(read) :]
        self._sha256.update(read)
        self._md5.update(read)
        return len(read)
