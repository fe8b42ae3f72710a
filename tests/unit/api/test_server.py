import asyncio
import gc
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from kubelore.settings import Settings
from kubelore_api.server import Server
from support.processes import free_port


class App:
    """Keeps something from its start on."""

    def __init__(self) -> None:
        self.kept: list[object] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        self.kept = [{}]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
def collector() -> Iterator[None]:
    """The collector as it was, afterwards."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("collector")
async def test_what_a_server_opens_at_its_start_is_never_looked_through_again() -> None:
    app = App()
    server = Server(app, Settings(port=free_port()))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    looked_through = {id(each) for each in gc.get_objects()}
    server.should_exit = True
    await serving
    assert id(app.kept) not in looked_through
