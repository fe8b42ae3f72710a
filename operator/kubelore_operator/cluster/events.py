"""Tells transitions as Kubernetes Events, which `kubectl describe` shows."""

import logging
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import uuid4

from kubelore.clock import precise_now
from kubelore.errors import KubeloreError
from kubelore.resources.base import API_VERSION, GROUP, ResourceKey
from kubelore_operator.cluster.bodies import Body
from kubelore_operator.cluster.client import ClusterClient
from kubelore_operator.kinds import EVENT
from kubelore_operator.reconcile.announce import Announcement

_CONTROLLER = f"{GROUP}/operator"
_ACTION = "Reconcile"
_LONGEST_NOTE = 1024
_LONGEST_INSTANCE = 128
"""The API server's limits for events.k8s.io/v1."""

_SECONDS_OF_SERIES = 600.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Series:
    """An Event that was written, and how often what it tells has been seen."""

    event: Body
    seen_at: float
    count: int = 1


class EventRecorder:
    """Writes Events; one that comes again within ten minutes is counted on the first one.

    An object thus has one Event a reason in that time at most. An Event that can't be written is only logged: the
    condition that it repeats is in the status.
    """

    def __init__(self, client: ClusterClient, clock: Callable[[], float] = time.monotonic) -> None:
        """Write through this client, and tell time in seconds by this monotonic clock."""
        self._client = client
        self._clock = clock
        self._series: OrderedDict[tuple[str, str], _Series] = OrderedDict()

    async def record(self, subject: ResourceKey, uid: str, announcements: Iterable[Announcement]) -> int:
        """Write what is announced of a resource, and return the number of requests that this took."""
        self._forget_old()
        return sum([await self._record(subject, uid, announcement) for announcement in announcements])

    async def _record(self, subject: ResourceKey, uid: str, announcement: Announcement) -> int:
        event = self._counted(subject, uid, announcement)
        key = ResourceKey(EVENT.kind, subject.namespace, event["metadata"]["name"])
        try:
            await self._client.apply(key, event)
        except KubeloreError as error:
            _log.warning("%s: no Event could be written: %s", subject, error.message)
        return 1

    def _counted(self, subject: ResourceKey, uid: str, announcement: Announcement) -> Body:
        place = (uid, announcement.reason)
        series = self._series.get(place)
        if series is None:
            event = _event(subject, uid, announcement)
            self._series[place] = _Series(event, self._clock())
            return event
        series.count, series.seen_at = series.count + 1, self._clock()
        self._series.move_to_end(place)
        return series.event | {"series": {"count": series.count, "lastObservedTime": _micro_time()}}

    def _forget_old(self) -> None:
        oldest = self._clock() - _SECONDS_OF_SERIES
        while self._series and next(iter(self._series.values())).seen_at < oldest:
            self._series.popitem(last=False)


def _event(subject: ResourceKey, uid: str, announcement: Announcement) -> Body:
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {"name": f"{subject.name}.{uuid4().hex[:16]}", "namespace": subject.namespace},
        "eventTime": _micro_time(),
        "reportingController": _CONTROLLER,
        "reportingInstance": socket.gethostname()[:_LONGEST_INSTANCE],
        "action": _ACTION,
        "type": "Warning" if announcement.is_warning else "Normal",
        "reason": announcement.reason,
        "note": announcement.message[:_LONGEST_NOTE],
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": subject.kind,
            "namespace": subject.namespace,
            "name": subject.name,
            "uid": uid,
        },
    }


def _micro_time() -> str:
    return precise_now().isoformat(timespec="microseconds").replace("+00:00", "Z")
