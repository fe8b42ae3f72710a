"""What the API server last said of every object, so that a decision needs no request."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.cluster.bodies import Body, key_of, label_of, trimmed, uid_of, version_of
from kubelore_operator.kinds import RESOURCES
from kubelore_operator.manifests.metadata import KNOWLEDGE_BASE_LABEL, UID_LABEL

Place = TypeVar("Place", bound=Hashable)

_OWN_KINDS = frozenset(kind.kind for kind in RESOURCES)
_FINAL_PHASES = frozenset(phase.value for phase in TaskPhase if phase.is_final)


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of one object: `old` is None for a new one, `new` for one that is gone."""

    key: ResourceKey
    old: Body | None
    new: Body | None


class Cache:
    """The latest known state of our resources and their children, found by key, owner and reference.

    An older state never replaces a newer one, in whatever order watches and answers arrive.
    """

    def __init__(self, on_change: Callable[[Change], None]) -> None:
        """Start knowing nothing; tell of every change, wherever it was learnt."""
        self._on_change = on_change
        self._bodies: dict[ResourceKey, Body] = {}
        self._buried: set[str] = set()
        self._owners: dict[str, ResourceKey] = {}
        self._children: defaultdict[str, set[ResourceKey]] = defaultdict(set)
        self._workers: defaultdict[ResourceKey, set[ResourceKey]] = defaultdict(set)
        self._referrers: defaultdict[ResourceKey, set[ResourceKey]] = defaultdict(set)
        self._unfinished: defaultdict[str, set[ResourceKey]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._bodies)

    def get(self, key: ResourceKey) -> Body | None:
        """Return an object's latest known state."""
        return self._bodies.get(key)

    def put(self, body: Body) -> bool:
        """Remember a state, and say whether it was news."""
        key = key_of(body)
        known = self._bodies.get(key)
        if uid_of(body) in self._buried or (known is not None and version_of(known) >= version_of(body)):
            return False
        if known is not None:
            self._forget(key, known)
        self._bodies[key] = slim = trimmed(body)
        self._index(key, slim)
        self._on_change(Change(key, known, slim))
        return True

    def remove(self, body: Body) -> bool:
        """Forget an object that is gone, unless another one of its name has taken its place."""
        self._buried.discard(uid_of(body))
        return self._remove(body)

    def bury(self, body: Body) -> None:
        """Forget an object that we have just let go, whatever earlier states of it are still to come."""
        self._buried.add(uid_of(body))
        self._remove(body)

    def replace(self, kind: str, bodies: Iterable[Body], version: int) -> None:
        """Take over the list of all objects of a kind, as it was read at this version."""
        present = set()
        for body in bodies:
            present.add(key_of(body))
            self.put(body)
        gone = [
            key
            for key, body in self._bodies.items()
            if key.kind == kind and key not in present and version_of(body) <= version
        ]
        for key in gone:
            self._drop(key)

    def owner_of(self, body: Body) -> ResourceKey | None:
        """Return the resource that a child belongs to, where it is known."""
        return self._owners.get(label_of(body, UID_LABEL))

    def children(self, uid: str) -> Iterator[Body]:
        """Return what a resource owns, the pods of its Jobs and Deployments among it."""
        return (self._bodies[key] for key in sorted(self._children.get(uid, ())))

    def workers(self, kb: ResourceKey) -> Iterator[Body]:
        """Return the Jobs and pods that work on a knowledge base, on whose behalf soever."""
        return (self._bodies[key] for key in sorted(self._workers.get(kb, ())))

    @staticmethod
    def knowledge_base_of(body: Body) -> ResourceKey | None:
        """Return the knowledge base that a Job or pod works on; it need not exist."""
        name = label_of(body, KNOWLEDGE_BASE_LABEL)
        return ResourceKey(KnowledgeBase.info.kind, key_of(body).namespace, name) if name else None

    def referrers(self, key: ResourceKey) -> frozenset[ResourceKey]:
        """Return the resources that may wait for this one; it need not exist."""
        return frozenset(self._referrers.get(key, ()))

    def unfinished_tasks(self, namespace: str) -> frozenset[ResourceKey]:
        """Return the tasks of a namespace that have not come to their end."""
        return frozenset(self._unfinished.get(namespace, ()))

    def resources(self) -> list[ResourceKey]:
        """Return the keys of our own kinds."""
        return [key for key in self._bodies if key.kind in _OWN_KINDS]

    def _remove(self, body: Body) -> bool:
        key = key_of(body)
        known = self._bodies.get(key)
        if known is None or uid_of(known) != uid_of(body):
            return False
        self._drop(key)
        return True

    def _drop(self, key: ResourceKey) -> None:
        body = self._bodies.pop(key)
        self._forget(key, body)
        self._on_change(Change(key, body, None))

    def _index(self, key: ResourceKey, body: Body) -> None:
        if key.kind in _OWN_KINDS:
            self._owners[uid_of(body)] = key
            for target in _references(key, body):
                self._referrers[target].add(key)
            if _is_unfinished_task(key, body):
                self._unfinished[key.namespace].add(key)
            return
        self._children[label_of(body, UID_LABEL)].add(key)
        kb = self.knowledge_base_of(body)
        if kb is not None:
            self._workers[kb].add(key)

    def _forget(self, key: ResourceKey, body: Body) -> None:
        if key.kind in _OWN_KINDS:
            self._owners.pop(uid_of(body), None)
            for target in _references(key, body):
                _discard(self._referrers, target, key)
            _discard(self._unfinished, key.namespace, key)
            return
        _discard(self._children, label_of(body, UID_LABEL), key)
        kb = self.knowledge_base_of(body)
        if kb is not None:
            _discard(self._workers, kb, key)


def _discard(index: defaultdict[Place, set[ResourceKey]], place: Place, key: ResourceKey) -> None:
    keys = index.get(place)
    if keys is None:
        return
    keys.discard(key)
    if not keys:
        del index[place]


def _references(key: ResourceKey, body: Body) -> tuple[ResourceKey, ...]:
    """Return what a resource waits for; a task that has ended waits for nothing."""
    spec = body.get("spec") or {}
    if key.kind == KnowledgeBase.info.kind:
        built = ((body.get("status") or {}).get("generation") or {}).values()
        parts = (spec, *(generation for generation in built if isinstance(generation, dict)))
        servers = {((part.get("embedding") or {}).get("llmServerRef") or {}).get("name") for part in parts}
        return tuple(ResourceKey(LLMServer.info.kind, key.namespace, server) for server in servers if server)
    if _is_unfinished_task(key, body):
        kb = (spec.get("knowledgeBaseRef") or {}).get("name")
        return (ResourceKey(KnowledgeBase.info.kind, key.namespace, kb),) if kb else ()
    return ()


def _is_unfinished_task(key: ResourceKey, body: Body) -> bool:
    return key.kind == IngestTask.info.kind and (body.get("status") or {}).get("phase") not in _FINAL_PHASES
