"""Reads how far the fetch of a model is: the end of its container's log."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from kubelore.errors import KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore_operator.reconcile.observed import LLMServerWorld, World
from kubelore_operator.workload import FETCH_CONTAINER

_LINES = 40
"""More than Ollama repaints at once, which is one for each layer of the model."""

_SECONDS_BETWEEN_READS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Read:
    text: str
    at: float


class Logs(Protocol):
    """What has the logs of containers."""

    async def log(self, pod: ResourceKey, container: str, lines: int) -> str:
        """Return the last lines of a container's log; raises KubeloreError where there is none."""
        ...


class FetchLogReader:
    """Reads a server's log while its model is being fetched, once a second at most."""

    def __init__(self, logs: Logs, clock: Callable[[], float] = time.monotonic) -> None:
        """Read these logs, and tell time in seconds by this monotonic clock."""
        self._logs = logs
        self._clock = clock
        self._reads: dict[ResourceKey, _Read] = {}

    async def add_to(self, world: World | None, server: ResourceKey) -> World | None:
        """Return the world with the log that it lacks; one in which no model is fetched stays as it is."""
        if not isinstance(world, LLMServerWorld) or world.fetching_pod is None:
            self._reads.pop(server, None)
            return world
        pod = ResourceKey("Pod", server.namespace, world.fetching_pod)
        return replace(world, fetch_log=await self._read(server, pod))

    async def _read(self, server: ResourceKey, pod: ResourceKey) -> str:
        last = self._reads.get(server)
        if last is None or self._clock() - last.at >= _SECONDS_BETWEEN_READS:
            last = _Read(await self._tail(pod), self._clock())
            self._reads[server] = last
        return last.text

    async def _tail(self, pod: ResourceKey) -> str:
        """Return the log's end; the container may have ended meanwhile, and the pod with it."""
        try:
            return await self._logs.log(pod, FETCH_CONTAINER, _LINES)
        except KubeloreError as error:
            _log.info("%s: its log can't be read: %s", pod, error.message)
            return ""
