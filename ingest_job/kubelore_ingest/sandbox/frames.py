"""The form of what goes through the pipes between a sandbox and its child: a length, then as many bytes."""

from typing import BinaryIO

LENGTH_BYTES = 8

READY = b"ready"
"""What a child says once it can take a document."""

STILL_AT_IT = b""
"""What a child says, any number of times before its answer, when it is done with a part that took long."""


def header(length: int) -> bytes:
    """Return what goes before `length` bytes."""
    return length.to_bytes(LENGTH_BYTES, "big")


def length_of(head: bytes | bytearray) -> int:
    """Return the number of bytes that a header announces."""
    return int.from_bytes(head, "big")


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one frame from a blocking stream; None at its end."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    return stream.read(length_of(head))


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    """Write one frame to a blocking stream."""
    stream.write(header(len(payload)))
    stream.write(payload)
    stream.flush()
