"""The loop of a laptop: looks at all resources, and brings each of them a step further."""

import asyncio
from typing import Any

from kubelore.clock import Deadline, now
from kubelore.errors import KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.llm_server import LLMServer
from kubelore_cli.laptop import task_status
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.base_controller import BaseController
from kubelore_cli.laptop.observer import Observer, Statuses
from kubelore_cli.laptop.servers import server_status, wanted_key
from kubelore_cli.laptop.task_controller import TaskController

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_BETWEEN_EXPIRIES = 60.0


class Controller:
    """Level-based like the operator: whatever happened, the next look leads to the same end."""

    def __init__(
        self,
        store: FolderResourceStore,
        observer: Observer,
        bases: BaseController,
        tasks: TaskController,
        api_keys: ApiKeys,
    ) -> None:
        self._store = store
        self._observer = observer
        self._statuses = Statuses(store, observer)
        self._bases = bases
        self._tasks = tasks
        self._api_keys = api_keys
        self._next_expiry = Deadline(0)

    async def run(self) -> None:
        """Go on until cancelled, and stop every worker then."""
        try:
            while True:
                await self._reconcile()
                await self._until_something_happens()
        finally:
            await self._tasks.stop()
            await self._bases.stop()

    async def _reconcile(self) -> None:
        await self._read_changed_manifests()
        ended = self._tasks.take_over_ended()
        servers = await self._servers()
        there = {kb.key: kb for kb in await self._store.knowledge_bases()}
        for task in ended:
            if task.kb in there:
                there[task.kb] = await self._bases.count(there[task.kb], task.messages)
        ready = await self._bases.reconcile([kb for kb in there.values() if not kb.is_paused], servers)
        unfinished = await self._store.ingest_tasks(unfinished_only=True)
        await self._tasks.reconcile(unfinished, there, ready, self._store.manifests)
        await self._forget_expired()

    async def _read_changed_manifests(self) -> None:
        try:
            if await self._store.refresh():
                self._observer.notice("the manifests have changed and were read again")
        except KubeloreError as error:
            self._observer.notice(f"{error.message}; until then the manifests count as they were")

    async def _servers(self) -> dict[ResourceKey, LLMServer]:
        servers = await self._store.llm_servers()
        self._api_keys.take_over(servers, self._store.manifests)
        return {server.key: await self._with_status(server) for server in servers}

    async def _with_status(self, server: LLMServer) -> LLMServer:
        if server.is_paused:
            return server
        has_key = wanted_key(server) is None or self._api_keys.of(server).get_secret_value() != ""
        return await self._statuses.put(server, server_status(server, has_key=has_key, now=now()))

    async def _forget_expired(self) -> None:
        if not self._next_expiry.passed:
            return
        self._next_expiry = Deadline(_SECONDS_BETWEEN_EXPIRIES)
        for task in await self._store.ingest_tasks():
            if task_status.is_expired(task, now()):
                await self._store.delete_ingest_task(task.metadata.namespace, task.metadata.name)

    async def _until_something_happens(self) -> None:
        """Wait for a new task, the end of some work, or the time of the next look."""
        created = asyncio.create_task(self._store.task_created.wait())
        waited_for: list[asyncio.Task[Any]] = [created, *self._bases.at_work, *self._tasks.at_work]
        await asyncio.wait(waited_for, timeout=_SECONDS_BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)
        created.cancel()
        self._store.task_created.clear()
