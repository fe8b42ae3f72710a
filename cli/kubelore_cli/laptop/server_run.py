"""Keeps one model server on this machine running."""

import asyncio

from kubelore.clock import Deadline
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop.engines.interface import LocalServer, ServerOrder
from kubelore_cli.laptop.engines.state import ServerState, failed, starting

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_SECONDS_OF_A_GOOD_RUN = 60.0


class ServerRun:
    """Brings a server up again whenever it has gone, with growing pauses while it doesn't come up."""

    def __init__(self, order: ServerOrder, server: LocalServer) -> None:
        """Begin."""
        self.order = order
        self._server = server
        self._state = starting()
        self._task = asyncio.create_task(self._keep_running())

    @property
    def state(self) -> ServerState:
        """How far it is; raises what ended the run, which nothing should."""
        if self._task.done():
            self._task.result()
        return self._state

    async def stop(self) -> None:
        """Stop the server with its processes."""
        await cancel([self._task])

    async def _keep_running(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            good_run = Deadline(_SECONDS_OF_A_GOOD_RUN)
            try:
                await self._server.serve(self._take)
            except KubeloreError as error:
                self._state = failed(error)
            except OSError as error:
                self._state = failed(KubeloreError(ErrorCode.ENGINE_FAILED, self.order.name, str(error)))
            if good_run.passed:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _take(self, state: ServerState) -> None:
        """Take how far it is; that it is tried again leaves what went wrong to be read."""
        if not (self._state.has_failed and state.is_starting):
            self._state = state
