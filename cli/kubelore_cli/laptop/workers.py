"""Runs ingest workers as processes of their own, so many at once and no more."""

import asyncio
import os
import signal
from collections.abc import Callable

from kubelore.settings import Settings
from kubelore_cli.laptop.child import start_module
from kubelore_cli.laptop.worker import WorkerEnd, WorkerOrder, worker_environment

_MODULE = "kubelore_ingest.main"
_SECONDS_TO_STOP = 3.0


class Workers:
    """The places that runs take turns in; `module` is what a worker runs."""

    def __init__(self, settings: Settings, most: int, module: str = _MODULE) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(most)
        self._module = module
        self.most = most

    async def run(self, order: WorkerOrder, started: Callable[[], None]) -> WorkerEnd:
        """Wait for a place, run, and say how it ended; a run that is cancelled takes its process with it."""
        async with self._places:
            started()
            order.files.clear()
            environment = worker_environment(os.environ, self._settings, order)
            child = await start_module(self._module, environment=environment, log=order.files.log)
            try:
                exit_code = await child.wait()
            finally:
                await child.stop(gently=signal.SIGTERM, seconds=_SECONDS_TO_STOP)
            return WorkerEnd(exit_code, order.files.read_report(), order.files.log)
