from typing import Any

import pytest

from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.cache import Cache, Change
from kubelore_operator.cluster.triggers import Trigger, triggers

Body = dict[str, Any]

SERVER = ResourceKey("LLMServer", "team-a", "embedder")
KB = ResourceKey("KnowledgeBase", "team-a", "handbook")
TASK = ResourceKey("IngestTask", "team-a", "pages")


def body(key: ResourceKey, version: int, spec: Body | None = None, **status: Any) -> Body:
    metadata = {"name": key.name, "namespace": key.namespace, "uid": key.name, "resourceVersion": str(version)}
    return {"kind": key.kind, "metadata": {**metadata, "generation": 1}, "spec": spec or {}, "status": status}


def ready(status: str, reason: str = "Ready") -> list[Body]:
    return [{"type": "Ready", "status": status, "reason": reason}]


def child(kind: str, uid: str) -> Body:
    labels = {"kubelore.io/uid": uid, "kubelore.io/knowledge-base": "handbook"}
    metadata = {"name": "child", "namespace": "team-a", "uid": "c", "resourceVersion": "9", "labels": labels}
    return {"kind": kind, "metadata": metadata}


@pytest.fixture
def cache() -> Cache:
    cache = Cache(lambda _: None)
    cache.put(body(SERVER, 1))
    cache.put(body(KB, 2, {"embedding": {"llmServerRef": {"name": "embedder"}}}))
    cache.put(body(TASK, 3, {"knowledgeBaseRef": {"name": "handbook"}}))
    return cache


def test_a_resource_that_changes_is_looked_at(cache: Cache) -> None:
    change = Change(TASK, body(TASK, 3), body(TASK, 4))

    assert list(triggers(cache, change)) == [Trigger(TASK)]


@pytest.mark.parametrize(
    "now",
    [
        {"conditions": ready("True")},
        {"conditions": ready("False", "PrepareFailed")},
    ],
)
def test_a_knowledge_base_whose_standing_changes_concerns_its_tasks(cache: Cache, now: Body) -> None:
    change = Change(KB, body(KB, 2, conditions=ready("False", "PreparingCollection")), body(KB, 5, **now))

    assert set(triggers(cache, change)) == {Trigger(KB), Trigger(TASK)}


def test_a_knowledge_base_that_only_counts_does_not_concern_its_tasks(cache: Cache) -> None:
    change = Change(KB, body(KB, 2, conditions=ready("True")), body(KB, 5, conditions=ready("True"), documents=7))

    assert list(triggers(cache, change)) == [Trigger(KB)]


@pytest.mark.parametrize(("old", "new"), [(None, body(SERVER, 9)), (body(SERVER, 9), None)])
def test_a_model_server_that_comes_or_goes_concerns_its_knowledge_bases(
    cache: Cache, old: Body | None, new: Body | None
) -> None:
    assert set(triggers(cache, Change(SERVER, old, new))) == {Trigger(SERVER), Trigger(KB)}


def test_a_model_server_that_moves_concerns_its_knowledge_bases(cache: Cache) -> None:
    change = Change(SERVER, body(SERVER, 1, endpoint="http://a/v1"), body(SERVER, 9, endpoint="http://b/v1"))

    assert Trigger(KB) in set(triggers(cache, change))


def test_a_child_concerns_its_owner_at_once_and_its_knowledge_base_a_little_later(cache: Cache) -> None:
    pod = child("Pod", "pages")

    found = list(triggers(cache, Change(ResourceKey("Pod", "team-a", "child"), None, pod)))

    assert found == [Trigger(TASK), Trigger(KB, 1.0)]


def test_a_child_of_a_knowledge_base_concerns_it_at_once(cache: Cache) -> None:
    job = child("Job", "handbook")

    assert list(triggers(cache, Change(ResourceKey("Job", "team-a", "child"), job, None))) == [Trigger(KB)]


def test_a_child_whose_owner_has_gone_still_concerns_its_knowledge_base(cache: Cache) -> None:
    pod = child("Pod", "long-gone")

    assert list(triggers(cache, Change(ResourceKey("Pod", "team-a", "child"), pod, None))) == [Trigger(KB, 1.0)]
