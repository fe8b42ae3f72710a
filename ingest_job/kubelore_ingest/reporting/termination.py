"""Writes the termination message, which the kubelet cuts at 4096 bytes, so that it is whole JSON whatever it holds."""

import logging
from pathlib import Path

from kubelore.documents.record import Failure
from kubelore.documents.result import LONGEST_TERMINATION_MESSAGE, MOST_FAILURES_IN_MESSAGE, TerminationMessage

_LONGEST_DOCUMENT = 150
_LONGEST_MESSAGE = 350
"""Characters: even when each takes six bytes in JSON, the first failure has room."""

_log = logging.getLogger(__name__)


def fit(message: TerminationMessage) -> str:
    """Write the message with as many of its first failures as there is room for, their texts cut where need be."""
    failures = tuple(_cut(failure) for failure in message.failures[:MOST_FAILURES_IN_MESSAGE])
    for kept in range(len(failures), -1, -1):
        text = message.model_copy(update={"failures": failures[:kept]}).to_json()
        if len(text.encode()) <= LONGEST_TERMINATION_MESSAGE:
            return text
    raise AssertionError("a message without failures always fits")


def write(message: TerminationMessage, path: Path) -> None:
    """Write the message to where the kubelet, or the laptop, reads it; outside of both there may be no such place."""
    try:
        path.write_text(fit(message), encoding="utf-8")
    except OSError as error:
        _log.warning("no termination message could be written", extra={"path": str(path), "cause": error.strerror})


def _cut(failure: Failure) -> Failure:
    return failure.model_copy(
        update={"document": failure.document[:_LONGEST_DOCUMENT], "message": failure.message[:_LONGEST_MESSAGE]}
    )
