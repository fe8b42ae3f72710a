"""Tells how far the fetch is: a line of JSON on standard output, and the same in a file, at most once a second."""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from kubelore.jobs.model_fetch import ModelProgress
from kubelore_ingest.model_fetch.names import PROGRESS_NAME

SECONDS_BETWEEN_LINES = 1.0

_log = logging.getLogger(__name__)


class Meter:
    """Counts bytes over all files; `total` is missing where a size is unknown."""

    def __init__(
        self, target: Path, output: TextIO | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.total: int | None = None
        self._file = target / PROGRESS_NAME
        self._output = output or sys.stdout
        self._monotonic = monotonic
        self._done = 0
        self._said = 0
        self._said_at = monotonic()

    def start(self, done: int, total: int | None) -> None:
        """Begin with what lies there already."""
        self.total = total
        self._done = self._said = done
        self._said_at = self._monotonic()
        self._say(0.0)

    def add(self, count: int) -> None:
        """Count bytes that came, or, below zero, that were thrown away."""
        self._done += count
        if self._monotonic() - self._said_at >= SECONDS_BETWEEN_LINES:
            self.finish()

    def finish(self) -> None:
        """Say how far it is, whenever that was last said."""
        moment = self._monotonic()
        passed = moment - self._said_at
        rate = max(0, self._done - self._said) / passed if passed > 0 else 0.0
        self._said, self._said_at = self._done, moment
        self._say(round(rate, 1))

    def _say(self, rate: float) -> None:
        line = ModelProgress(bytes_done=self._done, bytes_total=self.total, rate=rate).to_json()
        self._output.write(line + "\n")
        self._output.flush()
        scratch = self._file.with_name(f"{self._file.name}.new")
        try:
            scratch.write_text(line, encoding="utf-8")
            scratch.replace(self._file)
        except OSError as error:
            _log.debug("progress could not be written", extra={"path": str(self._file), "cause": error.strerror})
