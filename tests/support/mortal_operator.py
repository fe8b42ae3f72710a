"""An operator that dies before and after each of its writes, and is started again every time.

Only the watching is left out: it lists everything five times a second instead.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from kubernetes.aio import client as kubernetes_client
from kubernetes.aio import config as kubernetes_config

from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.bodies import Body
from kubelore_operator.cluster.client import ClusterClient
from kubelore_operator.controller import Controller
from kubelore_operator.settings import OperatorSettings

T = TypeVar("T")

_SECONDS_TO_STOP = 60


class KilledError(BaseException):
    """Ends the operator at once: nothing of it catches this."""


@dataclass(slots=True)
class Deaths:
    """When it died; the first time that it comes to a write it dies before it, the next time after it."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    async def around(self, name: str, write: Callable[[], Awaitable[T]]) -> T:
        """Die before the write, or make it and die."""
        if len(self.before) == len(self.after):
            self.before.append(name)
            raise KilledError
        await write()
        self.after.append(name)
        raise KilledError


class MortalClient(ClusterClient):
    """The real client, whose every write is deadly."""

    def __init__(self, api: kubernetes_client.ApiClient, deaths: Deaths) -> None:
        super().__init__(api)
        self._deaths = deaths

    async def apply(self, key: ResourceKey, manifest: Body) -> Body:
        """Create or change an object."""
        return await self._deaths.around(f"apply {key}", lambda: super(MortalClient, self).apply(key, manifest))

    async def merge(self, key: ResourceKey, patch: Body, subresource: str | None = None) -> Body:
        """Change parts of an object."""
        name = f"patch {key} {subresource or ''}"
        return await self._deaths.around(name, lambda: super(MortalClient, self).merge(key, patch, subresource))

    async def delete(self, key: ResourceKey, uid: str) -> None:
        """Delete an object."""
        await self._deaths.around(f"delete {key}", lambda: super(MortalClient, self).delete(key, uid))


class MortalOperator:
    """Looks after one namespace of the cluster that a kubeconfig names."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self.deaths = Deaths()
        self._kubeconfig = kubeconfig
        self._settings = OperatorSettings(
            watch_namespaces=(namespace,), concurrency=1, progress_seconds=0, resync_seconds=0.2
        )
        self._loop = asyncio.new_event_loop()
        self._life: asyncio.Task[None] | None = None

    @contextmanager
    def running(self) -> Iterator["MortalOperator"]:
        """Let it live and die for the time of the block."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._stop)
            thread.join(_SECONDS_TO_STOP)
            assert not thread.is_alive(), "the operator does not stop"

    def _run(self) -> None:
        self._life = self._loop.create_task(self._live())
        try:
            self._loop.run_until_complete(asyncio.wait([self._life]))
        finally:
            self._loop.close()

    def _stop(self) -> None:
        if self._life is not None:
            self._life.cancel()

    async def _live(self) -> None:
        configuration = kubernetes_client.Configuration()
        configuration.client_session_kwargs = {"trust_env": False}
        await kubernetes_config.load_kube_config(config_file=str(self._kubeconfig), client_configuration=configuration)
        async with kubernetes_client.ApiClient(configuration) as api:
            while True:
                try:
                    await Controller(MortalClient(api, self.deaths), self._settings).run()
                except* KilledError:
                    pass
