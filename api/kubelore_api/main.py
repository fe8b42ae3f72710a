"""The gateway's entry point."""

import asyncio
import logging
import sys
from collections.abc import Callable

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings, load_settings
from kubelore.telemetry import configure_logging

_log = logging.getLogger(__name__)

EXIT_MISCONFIGURED = 2
EXIT_NOT_STARTED = 3

_NEEDS_A_LAPTOP = "the gateway by itself reads resources from a cluster: `kubelore up -f DIR` serves a folder of them"


def main() -> None:
    """Serve until told to stop; exit with 2 where a setting is wrong, and with 3 where the start failed."""
    try:
        settings = load_settings()
        configure_logging(settings)
        with asyncio.Runner(loop_factory=fastest_loop()) as runner:
            started = runner.run(_serve(settings))
    except KubeloreError as error:
        _log.error("%s", error)
        sys.exit(EXIT_MISCONFIGURED)
    if not started:
        sys.exit(EXIT_NOT_STARTED)


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes uvloop's event loops, where there is one for this system, or else asyncio's."""
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve(settings: Settings) -> bool:
    """Serve the cluster's resources until a signal comes, and say whether it ever came to serving."""
    from kubelore.resources.api_server import open_api_server_store  # noqa: PLC0415 - heavy: settings come first
    from kubelore_api.app import create_app  # noqa: PLC0415 - as above
    from kubelore_api.server import Server  # noqa: PLC0415 - as above

    if settings.embedded:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, "KUBELORE_RESOURCES", _NEEDS_A_LAPTOP)
    resources = await open_api_server_store(settings)
    try:
        server = Server(create_app(settings, resources), settings)
        await server.serve()
    finally:
        await resources.close()
    return server.started
