from collections.abc import Mapping
from typing import Any

from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.cache import Cache, Change

Body = dict[str, Any]

KB = ResourceKey("KnowledgeBase", "team-a", "handbook")
TASK = ResourceKey("IngestTask", "team-a", "pages")
POD = ResourceKey("Pod", "team-a", "pages-1")


def body(key: ResourceKey, version: int = 1, *, labels: Mapping[str, str] | None = None, **parts: Any) -> Body:
    metadata = {
        "name": key.name,
        "namespace": key.namespace,
        "uid": f"uid-of-{key.name}",
        "resourceVersion": str(version),
        "labels": dict(labels or {}),
    }
    return {"kind": key.kind, "metadata": metadata | parts.pop("metadata", {}), **parts}


def pod(version: int = 1, **parts: Any) -> Body:
    labels = {"kubelore.io/uid": "uid-of-pages", "kubelore.io/knowledge-base": "handbook"}
    return body(POD, version, labels=labels, **parts)


def task(version: int = 1, **status: Any) -> Body:
    return body(TASK, version, spec={"knowledgeBaseRef": {"name": "handbook"}}, status=status)


class Watched(Cache):
    """A cache that keeps what it told."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        super().__init__(self.changes.append)


def test_what_was_put_is_there() -> None:
    cache = Watched()

    assert cache.put(body(KB))

    found = cache.get(KB)
    assert found is not None
    assert found["metadata"]["uid"] == "uid-of-handbook"


def test_an_older_state_does_not_replace_a_newer_one() -> None:
    cache = Watched()
    cache.put(body(KB, 7, spec={"at": 7}))

    assert not cache.put(body(KB, 6, spec={"at": 6}))

    found = cache.get(KB)
    assert found is not None
    assert found["spec"] == {"at": 7}


def test_the_same_state_twice_is_no_news() -> None:
    cache = Watched()
    cache.put(body(KB, 7))

    assert not cache.put(body(KB, 7))
    assert len(cache.changes) == 1


def test_a_change_tells_what_was_and_what_is() -> None:
    cache = Watched()
    cache.put(body(KB, 1, spec={"at": 1}))
    cache.put(body(KB, 2, spec={"at": 2}))

    change = cache.changes[-1]
    assert change.old is not None
    assert change.new is not None
    assert (change.old["spec"], change.new["spec"]) == ({"at": 1}, {"at": 2})


def test_what_was_removed_is_gone() -> None:
    cache = Watched()
    cache.put(pod())

    assert cache.remove(pod(2))

    assert cache.get(POD) is None
    assert list(cache.children("uid-of-pages")) == []
    assert list(cache.workers(KB)) == []
    assert cache.changes[-1].new is None


def test_the_end_of_an_object_is_not_that_of_its_successor() -> None:
    cache = Watched()
    cache.put(body(KB, 9, metadata={"uid": "another"}))

    assert not cache.remove(body(KB, 8))

    assert cache.get(KB) is not None


def test_an_object_that_was_let_go_does_not_come_back_with_a_late_event() -> None:
    cache = Watched()
    cache.put(body(KB, 8))

    cache.bury(body(KB, 8))

    assert not cache.put(body(KB, 9))
    assert cache.get(KB) is None


def test_a_successor_of_an_object_that_was_let_go_is_another_object() -> None:
    cache = Watched()
    cache.bury(body(KB, 8))

    assert cache.put(body(KB, 9, metadata={"uid": "another"}))


def test_children_are_found_by_their_owner() -> None:
    cache = Watched()
    cache.put(task())
    cache.put(pod())

    assert [child["metadata"]["name"] for child in cache.children("uid-of-pages")] == ["pages-1"]
    assert cache.owner_of(pod()) == TASK


def test_a_child_without_a_known_owner_has_none() -> None:
    assert Watched().owner_of(pod()) is None


def test_workers_are_found_by_their_knowledge_base() -> None:
    cache = Watched()
    cache.put(pod())

    assert [worker["metadata"]["name"] for worker in cache.workers(KB)] == ["pages-1"]
    assert list(cache.workers(ResourceKey("KnowledgeBase", "team-b", "handbook"))) == []


def test_a_task_waits_for_its_knowledge_base_even_if_there_is_none() -> None:
    cache = Watched()
    cache.put(task())

    assert cache.referrers(KB) == {TASK}


def test_a_task_that_has_ended_waits_for_nothing() -> None:
    cache = Watched()
    cache.put(task(1))
    cache.put(task(2, phase="COMPLETED"))

    assert cache.referrers(KB) == frozenset()


def test_a_knowledge_base_waits_for_its_model_server_and_no_longer_for_an_earlier_one() -> None:
    cache = Watched()
    for version, name in enumerate(("first", "second"), start=1):
        cache.put(body(KB, version, spec={"embedding": {"llmServerRef": {"name": name}}}))

    assert cache.referrers(ResourceKey("LLMServer", "team-a", "first")) == frozenset()
    assert cache.referrers(ResourceKey("LLMServer", "team-a", "second")) == {KB}


def test_a_list_tells_what_went_while_nobody_watched() -> None:
    cache = Watched()
    cache.put(pod(3))
    cache.put(task(4))

    cache.replace("Pod", [], version=5)

    assert cache.get(POD) is None
    assert cache.get(TASK) is not None
    assert cache.changes[-1] == Change(POD, cache.changes[0].new, None)


def test_a_list_does_not_take_away_what_came_after_it() -> None:
    cache = Watched()
    cache.put(pod(6))

    cache.replace("Pod", [], version=5)

    assert cache.get(POD) is not None


def test_what_nobody_reads_is_not_kept() -> None:
    cache = Watched()
    last_applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"}
    cache.put(pod(metadata={"managedFields": [{}], "annotations": last_applied}, spec={"containers": []}, status={}))

    found = cache.get(POD)
    assert found is not None
    assert "spec" not in found
    assert "managedFields" not in found["metadata"]
    assert found["metadata"]["annotations"] == {"kept": "yes"}


def test_of_a_job_all_but_its_pods_template_is_kept() -> None:
    cache = Watched()
    key = ResourceKey("Job", "team-a", "pages-1")
    cache.put(body(key, spec={"template": {"spec": {}}, "completions": 3}))

    found = cache.get(key)
    assert found is not None
    assert found["spec"] == {"completions": 3}
