"""Which resources have to be looked at again after a change."""

from collections.abc import Iterator
from dataclasses import dataclass

from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_operator.cluster.bodies import Body
from kubelore_operator.cluster.cache import Cache, Change
from kubelore_operator.kinds import RESOURCES

_OWN_KINDS = frozenset(kind.kind for kind in RESOURCES)
_SECONDS_TO_GATHER = 1.0
"""Many tasks of one knowledge base may end at once: it is looked at for all of them together."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A resource to look at, at once or a little later."""

    key: ResourceKey
    seconds: float = 0.0


def triggers(cache: Cache, change: Change) -> Iterator[Trigger]:
    """Find the object itself or its owner, and whoever waits for what has changed."""
    if change.key.kind in _OWN_KINDS:
        yield Trigger(change.key)
        if _standing(change.old) != _standing(change.new):
            yield from map(Trigger, sorted(cache.referrers(change.key)))
        return
    body = change.new or change.old
    if body is not None:
        yield from _of_child(cache, body)


def _of_child(cache: Cache, body: Body) -> Iterator[Trigger]:
    owner = cache.owner_of(body)
    if owner is not None:
        yield Trigger(owner)
    kb = cache.knowledge_base_of(body)
    if kb is not None and (owner is None or owner.kind != KnowledgeBase.info.kind):
        yield Trigger(kb, _SECONDS_TO_GATHER)


def _standing(body: Body | None) -> tuple[object, ...] | None:
    """Return what others depend on: that it is there, what it asks for, and whether and where it is ready."""
    if body is None:
        return None
    metadata, status = body["metadata"], body.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    ready = conditions.get("Ready") or {}
    return (
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        ready.get("status"),
        ready.get("reason"),
        status.get("endpoint"),
        (status.get("generation") or {}).get("active"),
        (status.get("generation") or {}).get("building"),
    )
