"""Reads what the tasks of a namespace claim out of the cache, for their turns."""

import time
from collections.abc import Callable, Iterator, Mapping

from kubelore.resources.base import PAUSED_ANNOTATION, ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import Ingest, KnowledgeBase
from kubelore_operator.cluster.bodies import Body, uid_of
from kubelore_operator.cluster.cache import Cache
from kubelore_operator.reconcile.turns import Claim, Turn, turns

_SECONDS_KEPT = 0.25
"""Thousands of tasks that come at once ask for the same order."""

_PARALLELISM: int = Ingest.model_fields["parallelism"].default
_TENANT: str = "default"


class TurnTable:
    """The turns of each namespace, as the cache shows them now; nothing is remembered but for a moment."""

    def __init__(self, cache: Cache, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Read this cache; `most` pods run at once in a namespace, 0: as many as will."""
        self._cache = cache
        self._most = most
        self._clock = clock
        self._kept: dict[str, tuple[float, Mapping[str, Turn]]] = {}

    def of(self, task: IngestTask) -> Turn | None:
        """Return a waiting task's turn, or None for one that has not to wait for it."""
        if not self._most:
            return None
        return self._in(task.metadata.namespace).get(task.metadata.name)

    def _in(self, namespace: str) -> Mapping[str, Turn]:
        made, known = self._kept.get(namespace, (float("-inf"), {}))
        if self._clock() - made < _SECONDS_KEPT:
            return known
        found = turns(self._claims(namespace), self._most)
        self._kept[namespace] = (self._clock(), found)
        return found

    def _claims(self, namespace: str) -> Iterator[Claim]:
        for key in self._cache.unfinished_tasks(namespace):
            body = self._cache.get(key)
            claim = self._claim(key, body) if body is not None else None
            if claim is not None:
                yield claim

    def _claim(self, key: ResourceKey, body: Body) -> Claim | None:
        """Read one task; None for one that nobody has to wait for."""
        spec, kb = body["spec"], self._knowledge_base(key.namespace, body)
        if kb is None or _is_held(body):
            return None
        ingest = kb["spec"].get("ingest") or {}
        if ingest.get("queueName"):
            return None
        wanted = spec.get("parallelism") or ingest.get("parallelism") or _PARALLELISM
        return Claim(
            task=key.name,
            group=(kb["metadata"]["name"], str(spec.get("tenant") or _TENANT)),
            places=min(int(wanted), self._most) if "prefix" in spec["source"] else 1,
            created=str(body["metadata"].get("creationTimestamp", "")),
            is_active=any(_is_live_job(child) for child in self._cache.children(uid_of(body))),
        )

    def _knowledge_base(self, namespace: str, body: Body) -> Body | None:
        """Return the knowledge base that a task works on, if it is Ready."""
        name = body["spec"]["knowledgeBaseRef"]["name"]
        kb = self._cache.get(ResourceKey(KnowledgeBase.info.kind, namespace, name))
        conditions = ((kb or {}).get("status") or {}).get("conditions") or ()
        is_ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
        return kb if is_ready else None


def _is_held(body: Body) -> bool:
    metadata = body["metadata"]
    is_paused = (metadata.get("annotations") or {}).get(PAUSED_ANNOTATION) == "true"
    return is_paused or "deletionTimestamp" in metadata or bool(body["spec"].get("suspend"))


def _is_live_job(child: Body) -> bool:
    return child["kind"] == "Job" and "deletionTimestamp" not in child["metadata"]
