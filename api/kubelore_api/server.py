"""The web server of a process that serves the gateway and nothing else, until its end."""

import gc
import socket

import uvicorn
from starlette.types import ASGIApp

from kubelore.settings import Settings

_NEW_OBJECTS = 20_000
"""After so many that are not gone yet, the collector looks through them."""


class Server(uvicorn.Server):
    """Serves an application; `started` says whether it ever came to that."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=settings.shutdown_seconds,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open everything, and keep the garbage collector from it from then on.

        What is there now stays to the end: 250,000 objects, which a collector that looks through all of them did so
        often that it took a third of the time, and held every stream up for a tenth of a second.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
