"""`/mcp`: starts the protocol's server at the first request, and ends it with the gateway."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"


class McpEndpoint:
    """An ASGI application over the SDK's session manager."""

    def __init__(self) -> None:
        self._starting = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None
        self._manager: StreamableHTTPSessionManager | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await (await self._started()).handle_request(scope, receive, send)

    async def close(self) -> None:
        """End what was started."""
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _started(self) -> "StreamableHTTPSessionManager":
        async with self._starting:
            if self._manager is None:
                manager = await asyncio.to_thread(_import_and_make)
                ready = asyncio.Event()
                # The manager's task group must be left by the task that entered it.
                self._running = asyncio.create_task(_run(manager, ready))
                await ready.wait()
                self._manager = manager
            return self._manager


async def _run(manager: "StreamableHTTPSessionManager", ready: asyncio.Event) -> None:
    async with manager.run():
        ready.set()
        await asyncio.Event().wait()


def _import_and_make() -> "StreamableHTTPSessionManager":
    from kubelore_api.mcp.server import make_session_manager  # noqa: PLC0415 - takes a second

    return make_session_manager()
