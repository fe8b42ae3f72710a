"""Turns the request to end into a flag that work looks at between documents."""

import signal
import threading
from types import FrameType


class StopFlag:
    """Whether the worker was asked to end; what is begun is finished first."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """Ask the worker to end."""
        self._event.set()

    def obey_sigterm(self) -> None:
        """Take SIGTERM as the request to end; once in a process, in its main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.set()
