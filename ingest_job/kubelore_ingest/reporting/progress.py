"""Tells how far a shard is, at each change of stage and at most every two seconds."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kubelore.documents.result import ShardProgress, Stage

SECONDS_BETWEEN_REPORTS = 2.0

_log = logging.getLogger(__name__)


class ProgressSink(Protocol):
    """Where progress goes; never raises: work does not fail for want of a report."""

    def send(self, progress: ShardProgress) -> None:
        """Pass one report on."""
        ...


class NoSink:
    """Passes nothing on: nobody asked."""

    def send(self, progress: ShardProgress) -> None:
        """Do nothing."""


class FileSink:
    """Keeps the latest report in a file that a reader always finds whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, progress: ShardProgress) -> None:
        """Replace the file."""
        scratch = self._path.with_name(f"{self._path.name}.new")
        try:
            scratch.write_text(progress.to_json(), encoding="utf-8")
            scratch.replace(self._path)
        except OSError as error:
            _log.warning("progress could not be written", extra={"path": str(self._path), "cause": error.strerror})


class ProgressMeter:
    """Lets through the reports that are due."""

    def __init__(self, sink: ProgressSink, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._sink = sink
        self._monotonic = monotonic
        self._stage: Stage | None = None
        self._sent: ShardProgress | None = None
        self._due = 0.0

    def show(self, progress: ShardProgress) -> None:
        """Send the report if its stage is new, or the last one is old enough."""
        if progress.stage is not self._stage or self._monotonic() >= self._due:
            self._send(progress)

    def show_last(self, progress: ShardProgress) -> None:
        """Send the report, unless it was the last one sent."""
        if progress != self._sent:
            self._send(progress)

    def _send(self, progress: ShardProgress) -> None:
        self._stage = progress.stage
        self._sent = progress
        self._sink.send(progress)
        self._due = self._monotonic() + SECONDS_BETWEEN_REPORTS
