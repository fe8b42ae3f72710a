"""The interface of a cache."""

from typing import Protocol


class Cache(Protocol):
    """Values by key, for a while; safe to call from several threads.

    It may forget anything at any time, and it never fails: a cache that is away holds nothing.
    """

    def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        ...

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for so long."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...
