"""Puts a laptop together, and takes it apart again."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubelore.resources.folder import FolderResourceStore
from kubelore.settings import Settings
from kubelore_api.app import create_app
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.base_controller import BaseController
from kubelore_cli.laptop.controller import Controller
from kubelore_cli.laptop.engines.interface import Workplace
from kubelore_cli.laptop.gateway import Gateway
from kubelore_cli.laptop.instance import only_instance
from kubelore_cli.laptop.milvus import MilvusLite
from kubelore_cli.laptop.observer import Observer, Statuses
from kubelore_cli.laptop.ports import listen, port_of
from kubelore_cli.laptop.server_controller import ServerController
from kubelore_cli.laptop.sync_controller import SyncController
from kubelore_cli.laptop.task_controller import TaskController
from kubelore_cli.laptop.workers import Workers


@dataclass(frozen=True, slots=True)
class Laptop:
    """A running system: the gateway's address, the resources, and the parts that never end by themselves."""

    url: str
    store: FolderResourceStore
    parts: tuple[asyncio.Task[Any], ...]

    async def until_a_part_fails(self) -> None:
        """Return never, or raise what ended a part."""
        done, _ = await asyncio.wait(self.parts, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()


def laptop_settings(
    base: Settings,
    manifests: Path,
    *,
    state_dir: Path | None = None,
    host: str | None = None,
    port: int | None = None,
) -> Settings:
    """Return the settings of a laptop that runs these manifests, with what a user decided in place of the defaults.

    Port 0 is any free one.
    """
    state = (state_dir or base.state_dir).absolute()
    return base.model_copy(
        update={
            "resources": str(manifests.absolute()),
            "state_dir": state,
            "host": host or base.host,
            "port": base.port if port is None else port,
            "api_keys_dir": base.api_keys_dir or state / "api-keys",
        }
    )


@asynccontextmanager
async def run_laptop(settings: Settings, most_workers: int, observer: Observer) -> AsyncIterator[Laptop]:
    """Run the manifests that the settings name, for as long as the context lasts; its end stops every process of it.

    Raises KubeloreError: STATE_IN_USE, PORT_IN_USE, RESOURCE_INVALID, VECTOR_STORE_UNREACHABLE and others.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(only_instance(settings.state_dir))
        listener = stack.enter_context(listen(settings.host, settings.port))
        store = FolderResourceStore(Path(settings.resources), settings.state_dir / "resources.db", settings.namespace)
        stack.push_async_callback(store.close)
        for notice in store.manifests.notices:
            observer.notice(notice)
        settings, supervised = await _with_vector_store(settings, observer, stack)
        controller = asyncio.create_task(_controller(settings, most_workers, store, observer).run())
        stack.push_async_callback(cancel, [controller])
        gateway = Gateway(create_app(settings, store), listener)
        serving = asyncio.create_task(gateway.run_until_stopped())
        stack.push_async_callback(_stop, gateway, serving)
        await gateway.wait_until_it_serves(serving)
        url = f"http://{_shown(settings.host)}:{port_of(listener)}"
        yield Laptop(url, store, (serving, controller, *supervised))


async def _with_vector_store(
    settings: Settings, observer: Observer, stack: AsyncExitStack
) -> tuple[Settings, list[asyncio.Task[None]]]:
    """Start Milvus Lite's server where the settings name a file, and return them with its address in them."""
    if not settings.vector_store_uri.endswith(".db"):
        return settings, []
    milvus = MilvusLite(Path(settings.vector_store_uri), settings.state_dir / "logs" / "milvus.log", observer.notice)
    stack.push_async_callback(milvus.stop)
    await milvus.start()
    supervising = asyncio.create_task(milvus.keep_running())
    stack.push_async_callback(cancel, [supervising])
    return settings.model_copy(update={"vector_store": milvus.address}), [supervising]


def _controller(settings: Settings, most_workers: int, store: FolderResourceStore, observer: Observer) -> Controller:
    statuses = Statuses(store, observer)
    workers = Workers(settings, most_workers)
    api_keys = ApiKeys(settings.api_keys_dir or settings.state_dir / "api-keys")
    run_dir = settings.state_dir / "run"
    return Controller(
        store=store,
        observer=observer,
        servers=ServerController(statuses, api_keys, Workplace(settings.state_dir, os.environ)),
        bases=BaseController(statuses, workers, api_keys, run_dir),
        tasks=TaskController(statuses, workers, observer, run_dir),
        syncs=SyncController(workers, run_dir),
    )


async def _stop(gateway: Gateway, serving: asyncio.Task[None]) -> None:
    gateway.should_exit = True
    await asyncio.wait([serving])


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
