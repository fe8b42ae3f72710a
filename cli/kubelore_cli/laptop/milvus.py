"""Runs Milvus Lite's server as a child, started again whenever it dies."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from kubelore.clock import Deadline
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.laptop.child import Child, start_module
from kubelore_cli.laptop.ports import LOOPBACK, free_port, is_listening

_MODULE = "milvus_lite"
_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 8.0
_SECONDS_BETWEEN_LOOKS = 0.05
_LONGEST_WAIT_BEFORE_RESTART = 30.0


class MilvusLite:
    """One server for the gateway and all workers.

    It has one worker thread: Milvus Lite loses acknowledged rows when several write at once and it dies.
    """

    def __init__(self, data_dir: Path, log: Path, notice: Callable[[str], None]) -> None:
        self._data_dir = data_dir
        self._log = log
        self._notice = notice
        self._port = free_port()
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """Where it answers, the same after every restart."""
        return f"http://{LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Start it, and return when it answers; raises KubeloreError VECTOR_STORE_UNREACHABLE."""
        self._data_dir.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["--data-dir", str(self._data_dir), "--host", LOOPBACK, "--port", str(self._port)]
        self._child = await start_module(
            _MODULE, "server", *arguments, "--max-workers", "1", environment=os.environ, log=self._log
        )
        await self._wait_until_it_answers(self._child)

    async def keep_running(self) -> None:
        """Start it again each time that it ends, with growing pauses while it doesn't come up."""
        pause = 0.0
        while self._child is not None:
            code = await self._child.wait()
            self._notice(f"Milvus Lite ended with code {code}: starting it again (log: {self._log})")
            await asyncio.sleep(pause)
            try:
                await self.start()
                pause = 0.0
            except KubeloreError as error:
                self._notice(error.message)
                pause = min(max(1.0, pause * 2), _LONGEST_WAIT_BEFORE_RESTART)

    async def stop(self) -> None:
        """End it; on an interrupt it closes its files and lets go of its folder."""
        if self._child is not None:
            await self._child.stop(gently=signal.SIGINT, seconds=_SECONDS_TO_STOP)

    async def _wait_until_it_answers(self, child: Child) -> None:
        deadline = Deadline(_SECONDS_TO_START)
        while not is_listening(self._port):
            if not child.is_running or deadline.passed:
                await child.stop(gently=signal.SIGKILL, seconds=_SECONDS_TO_STOP)
                found = child.last_words() or f"no answer within {_SECONDS_TO_START:g} seconds"
                raise KubeloreError(ErrorCode.VECTOR_STORE_UNREACHABLE, f"Milvus Lite at {self._data_dir}", found)
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
