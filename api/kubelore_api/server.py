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
        """Open everything."""
        await super().startup(sockets)
        keep_what_is_there()


def keep_what_is_there() -> None:
    """Never look for garbage among what this process has opened and imported up to now, for that stays to its end.

    It is 250,000 objects. A collector that looked through all of them did so so often that it took two fifths of a
    chat's processor time, and held every stream up for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
