"""The loop of a laptop: looks at all resources, and brings each of them a step further."""

import asyncio
from typing import Any

from kubelore.clock import Deadline, now
from kubelore.errors import KubeloreError
from kubelore.resources.folder import FolderResourceStore
from kubelore_cli.laptop import task_status
from kubelore_cli.laptop.base_controller import BaseController
from kubelore_cli.laptop.observer import Observer
from kubelore_cli.laptop.server_controller import ServerController
from kubelore_cli.laptop.sync_controller import SyncController
from kubelore_cli.laptop.task_controller import TaskController

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_BETWEEN_EXPIRIES = 60.0


class Controller:
    """Level-based like the operator: whatever happened, the next look leads to the same end."""

    def __init__(
        self,
        store: FolderResourceStore,
        observer: Observer,
        servers: ServerController,
        bases: BaseController,
        tasks: TaskController,
        syncs: SyncController,
    ) -> None:
        self._store = store
        self._observer = observer
        self._servers = servers
        self._bases = bases
        self._tasks = tasks
        self._syncs = syncs
        self._next_expiry = Deadline(0)

    async def run(self) -> None:
        """Go on until cancelled, and stop every worker and server then."""
        try:
            while True:
                await self._reconcile()
                await self._until_something_happens()
        finally:
            await self._tasks.stop()
            await self._syncs.stop()
            await self._bases.stop()
            await self._servers.stop()

    async def _reconcile(self) -> None:
        await self._read_changed_manifests()
        ended = self._tasks.take_over_ended()
        servers = await self._servers.reconcile(await self._store.llm_servers(), self._store.manifests)
        there = {kb.key: kb for kb in await self._store.knowledge_bases()}
        for task in ended:
            if task.kb in there:
                there[task.kb] = await self._bases.count(there[task.kb], task.messages)
        for sync in self._syncs.take_over_ended():
            if sync.kb in there:
                there[sync.kb] = await self._bases.end_sync(there[sync.kb], sync.result)
        looked_after = [kb for kb in there.values() if not kb.is_paused]
        ready = await self._bases.reconcile(looked_after, servers, self._tasks.jobs_at_work())
        unfinished = await self._store.ingest_tasks(unfinished_only=True)
        await self._tasks.reconcile(unfinished, there, ready, self._store.manifests)
        self._syncs.reconcile(ready.values())
        await self._forget_expired()

    async def _read_changed_manifests(self) -> None:
        try:
            if await self._store.refresh():
                self._observer.notice("the manifests have changed and were read again")
        except KubeloreError as error:
            self._observer.notice(f"{error.message}; until then the manifests count as they were")

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
        at_work = (*self._bases.at_work, *self._tasks.at_work, *self._syncs.at_work)
        waited_for: list[asyncio.Task[Any]] = [created, *at_work]
        await asyncio.wait(waited_for, timeout=_SECONDS_BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)
        created.cancel()
        self._store.task_created.clear()
