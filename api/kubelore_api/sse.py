"""Server-sent events as OpenAI streams them, handled as bytes."""

import re
from typing import Any

import orjson

from kubelore.errors import ErrorCode, KubeloreError

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": still there\n\n"
"""A comment: proxies end a connection on which nothing comes."""

LONGEST_EVENT = 1 << 20
"""Bytes; a model that never ends an event must not fill the memory."""

_CLOSING = re.compile(rb"(?:^|(?<=\r))data: ?\[DONE\]", re.MULTILINE)
_EVENT = re.compile(rb".+?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)
_DATA = b"data:"
_DONE = b"[DONE]"
_BLANK_LINES = (b"\n\n", b"\r\n\r\n", b"\r\r")


def event(data: Any) -> bytes:
    """Write one event."""
    return b"data: " + orjson.dumps(data) + b"\n\n"


def named_event(name: str, data: Any) -> bytes:
    """Write one event with its name."""
    return b"event: " + name.encode() + b"\n" + event(data)


def whole_events(data: bytes) -> list[bytes]:
    """Cut whole events apart, each with its blank line."""
    return _EVENT.findall(data)


def data_of(event: bytes) -> bytes | None:
    """Return the data of an event of one line, or None for anything else, such as a comment."""
    line = event.strip()
    return line[len(_DATA) :].strip() if line.startswith(_DATA) else None


class CompleteEvents:
    """Passes a stream's events on as they are, each when it is whole, and keeps back the closing one.

    So something can come before the closing event, and a stream that breaks off leaves no half event behind. No event
    is parsed: within its JSON no line begins with `data:`.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._closed = False
        self._incomplete = b""

    @property
    def closed(self) -> bool:
        """Whether the closing event has come; its blank line may be missing at the very end."""
        return self._closed or _CLOSING.match(self._incomplete) is not None

    def pass_on(self, data: bytes) -> bytes:
        """Return the events that are whole now; after the closing one, nothing.

        Raises KubeloreError CHAT_REFUSED for an event that does not end.
        """
        if self._closed:
            return b""
        data = self._incomplete + data
        end = _end_of_events(data)
        complete, self._incomplete = data[:end], data[end:]
        if len(self._incomplete) > LONGEST_EVENT:
            raise KubeloreError(ErrorCode.CHAT_REFUSED, "the answer", f"an event is longer than {LONGEST_EVENT} bytes")
        # What has no such word needs no search for it at the beginning of each line.
        closing = _CLOSING.search(complete) if _DONE in complete else None
        self._closed = closing is not None
        return complete[: closing.start()] if closing else complete


def _end_of_events(data: bytes) -> int:
    """Return where the last whole event ends; most pieces of a stream are one."""
    if data.endswith(_BLANK_LINES):
        return len(data)
    return max(data.rfind(blank) + len(blank) if blank in data else 0 for blank in _BLANK_LINES)
