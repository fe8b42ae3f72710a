"""One key at a time: observe, reconcile, execute."""

import asyncio
import logging
import time
from typing import Any

from kubelore.clock import now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore_operator import metrics
from kubelore_operator.cluster.cache import Cache, Change
from kubelore_operator.cluster.client import ClusterClient
from kubelore_operator.cluster.document_states import state_changes
from kubelore_operator.cluster.events import EventRecorder
from kubelore_operator.cluster.execute import Executor
from kubelore_operator.cluster.fetch_log import FetchLogReader
from kubelore_operator.cluster.observe import Observer
from kubelore_operator.cluster.queue import WorkQueue
from kubelore_operator.cluster.sync import Lister
from kubelore_operator.cluster.triggers import triggers
from kubelore_operator.reconcile.announce import announcements
from kubelore_operator.reconcile.decide import decide
from kubelore_operator.reconcile.observed import NEVER, Context, OwnResource, World
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.set_aside import Unreadable
from kubelore_operator.settings import OperatorSettings

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN_ATTEMPTS_TO_LIST = 2


class Controller:
    """Keeps the cluster as the resources ask for, whatever happens in whatever order.

    Nothing that it remembers is needed: after a restart it lists everything, and decides the same again.
    """

    def __init__(self, client: ClusterClient, settings: OperatorSettings) -> None:
        """Act through this client."""
        self._settings = settings
        self._queue = WorkQueue()
        self._cache = Cache(self._on_change)
        self._observer = Observer(self._cache, settings.most_ingest_pods)
        self._executor = Executor(client, self._cache)
        self._recorder = EventRecorder(client)
        self._fetch_logs = FetchLogReader(client)
        self._lister = Lister(client, self._cache, settings.watch_namespaces)
        self._status_written: dict[ResourceKey, float] = {}

    def saw(self, event: str | None, body: dict[str, Any]) -> None:
        """Take note of a watch event: an object as it now is, or was when it was deleted."""
        if event == "DELETED":
            self._cache.remove(body)
        else:
            self._cache.put(body)

    async def run(self) -> None:
        """Work until cancelled; no decision is made before everything has been listed once."""
        await self._list_at_first()
        metrics.SYNCED.set(1)
        _log.info("everything is listed", extra={"objects": len(self._cache)})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._resync())
            for _ in range(self._settings.concurrency):
                tasks.create_task(self._work())

    def _on_change(self, change: Change) -> None:
        metrics.CACHED_OBJECTS.set(len(self._cache))
        for each in state_changes(change):
            metrics.DOCUMENTS.labels(each.namespace, each.knowledge_base, each.state).inc(each.documents)
        for trigger in triggers(self._cache, change):
            if trigger.seconds:
                self._queue.add_after(trigger.key, trigger.seconds)
            else:
                self._queue.add(trigger.key)

    async def _list_at_first(self) -> None:
        while not await self._refresh():  # noqa: ASYNC110 - nothing tells when the API server is back
            await asyncio.sleep(_SECONDS_BETWEEN_ATTEMPTS_TO_LIST)

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(self._settings.resync_seconds)
            await self._refresh()
            for key in self._cache.resources():
                self._queue.add(key)

    async def _refresh(self) -> bool:
        try:
            await self._lister.refresh()
        except KubeloreError as error:
            _log.warning("can't list: %s", error.message)
            return False
        return True

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            metrics.QUEUE_DEPTH.set(len(self._queue))
            try:
                await self._attempt(key)
            finally:
                self._queue.done(key)

    async def _attempt(self, key: ResourceKey) -> None:
        started = time.monotonic()
        result = await self._result(key)
        metrics.RECONCILE_SECONDS.labels(key.kind).observe(time.monotonic() - started)
        metrics.RECONCILES.labels(key.kind, result).inc()

    async def _result(self, key: ResourceKey) -> str:
        try:
            async with asyncio.timeout(self._settings.reconcile_timeout_seconds):
                refusal = await self._reconcile(key)
        except TimeoutError:
            return self._try_again(key, "timeout", "it took too long")
        except KubeloreError as error:
            if error.code is ErrorCode.RESOURCE_CONFLICT:
                return self._try_again(key, "conflict")
            return self._try_again(key, "error", error.message)
        except Exception:  # noqa: BLE001 - a bug met by one resource must not end the operator for all others
            _log.exception("%s: unexpected error", key)
            return self._try_again(key, "bug")
        if refusal is not None:
            return self._try_again(key, "refused", refusal)
        self._queue.forget(key)
        return "ok"

    def _try_again(self, key: ResourceKey, result: str, message: str | None = None) -> str:
        wait = self._queue.retry(key)
        if message is not None:
            _log.warning("%s: %s; next attempt in %.1f s", key, message, wait)
        return result

    async def _reconcile(self, key: ResourceKey) -> str | None:
        """Do what is to be done for one resource; returns why the API server would not take a child of it."""
        resource = self._observer.resource(key)
        if resource is None:
            self._status_written.pop(key, None)
            return None
        world = await self._fetch_logs.add_to(self._observer.world(resource), key)
        plan = self._decide(resource, world, refusal=None)
        outcome = await self._executor.execute(key, plan)
        if outcome.refusal is not None:
            plan = self._decide(resource, world, refusal=outcome.refusal)
            await self._executor.write_status(key, plan.status, outcome)
        if outcome.status_written and plan.status is not None:
            self._status_written[key] = time.monotonic()
            transitions = announcements(resource.status, plan.status)
            outcome.writes += await self._recorder.record(key, resource.metadata.uid, transitions)
        if outcome.writes:
            metrics.WRITES.labels(key.kind).inc(outcome.writes)
        if plan.requeue is not None:
            self._queue.add_after(key, plan.requeue)
        return outcome.refusal

    def _decide(self, resource: OwnResource | Unreadable, world: World | None, refusal: str | None) -> Plan:
        context = Context(now(), self._settings, refusal, self._seconds_since_status(resource.key))
        return decide(resource, world, context)

    def _seconds_since_status(self, key: ResourceKey) -> float:
        written = self._status_written.get(key)
        return NEVER if written is None else time.monotonic() - written
