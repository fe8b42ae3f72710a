"""The interface both object stores implement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object without its content; `etag` changes whenever the content does."""

    key: str
    size: int
    etag: str
    modified: datetime


class ObjectStore(Protocol):
    """Objects of one bucket by key; safe to call from several threads.

    Every method raises KubeloreError OBJECT_STORE_UNREACHABLE (a retry may help) or OBJECT_STORE_REFUSED.
    """

    def ensure(self) -> None:
        """Create the bucket or folder where it is missing."""
        ...

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object whole: a reader sees the old or the new content, never a part."""
        ...

    def put_stream(self, key: str, stream: BinaryIO, size: int, content_type: str = "application/octet-stream") -> None:
        """Write an object of `size` bytes without holding it in memory."""
        ...

    def get(self, key: str) -> bytes:
        """Read an object whole; raises OBJECT_NOT_FOUND."""
        ...

    def open(self, key: str, part_bytes: int = 1 << 20) -> Iterator[bytes]:
        """Read an object in parts; raises OBJECT_NOT_FOUND."""
        ...

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object, or return None where there is none."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List the objects under a prefix in the order of their keys, page by page."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the store; raises OBJECT_NOT_FOUND."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that isn't there is no error."""
        ...
