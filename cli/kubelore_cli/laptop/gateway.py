"""Serves the gateway in this process."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from kubelore.clock import Deadline
from kubelore.errors import ErrorCode, KubeloreError

_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 3
_SECONDS_BETWEEN_LOOKS = 0.02


class Gateway(uvicorn.Server):
    """A server that leaves signals to the laptop, which stops all its parts in order."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=_SECONDS_TO_STOP,
            )
        )
        self._listener = listener

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def run_until_stopped(self) -> None:
        """Serve; raises KubeloreError INTERNAL where the start fails."""
        await self.serve(sockets=[self._listener])
        if not self.started:
            raise KubeloreError(ErrorCode.INTERNAL, "the gateway", "it did not start")

    async def wait_until_it_serves(self, serving: asyncio.Task[None]) -> None:
        """Return when it takes requests; raises what ended it, if it ended."""
        deadline = Deadline(_SECONDS_TO_START)
        while not self.started and not deadline.passed:
            if serving.done():
                await serving
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
