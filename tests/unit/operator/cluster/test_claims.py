from typing import Any

from kubelore_operator.cluster.cache import Cache
from kubelore_operator.cluster.claims import TurnTable
from kubelore_operator.reconcile.turns import Turn
from support.builders import ingest_task

Body = dict[str, Any]

READY = {"conditions": [{"type": "Ready", "status": "True"}]}


class Namespace:
    """A namespace as the cache shows it, and a clock that stands still until a test turns it."""

    def __init__(self, most: int) -> None:
        self.cache = Cache(lambda _: None)
        self.seconds = 0.0
        self.table = TurnTable(self.cache, most, lambda: self.seconds)
        self._version = 0

    def put(self, kind: str, name: str, metadata: Body | None = None, **parts: Any) -> None:
        self._version += 1
        identity = {"name": name, "namespace": "team-a", "uid": f"uid-of-{name}", "resourceVersion": self._version}
        self.cache.put({"kind": kind, "metadata": identity | (metadata or {}), **parts})
        self.seconds += 1

    def knowledge_base(self, status: Body = READY, **ingest: Any) -> None:
        self.put("KnowledgeBase", "handbook", spec={"embedding": {}, "ingest": ingest}, status=status)

    def task(self, name: str, source: Body | None = None, **parts: Any) -> None:
        spec = {"knowledgeBaseRef": {"name": "handbook"}, "source": source or {"object": {"key": "a.md"}}}
        self.put("IngestTask", name, spec=spec | parts.pop("spec", {}), **parts)

    def job(self, owner: str, metadata: Body | None = None) -> None:
        labels = {"labels": {"kubelore.io/uid": f"uid-of-{owner}"}}
        self.put("Job", f"job-of-{owner}", labels | (metadata or {}))

    def turn(self, name: str) -> Turn | None:
        return self.table.of(ingest_task(name))


def test_a_task_waits_while_the_places_of_its_namespace_are_taken() -> None:
    namespace = Namespace(most=1)
    namespace.knowledge_base()
    namespace.task("a")
    namespace.job("a")
    namespace.task("b")

    assert namespace.turn("b") == Turn(may_start=False, before=0, most=1)


def test_a_place_is_free_again_when_its_task_has_ended_or_its_job_goes() -> None:
    for ended in ({"status": {"phase": "COMPLETED"}}, {"spec": {"suspend": True}}):
        namespace = Namespace(most=1)
        namespace.knowledge_base()
        namespace.task("a", **ended)
        namespace.job("a")
        namespace.task("b")

        assert namespace.turn("b") == Turn(may_start=True, before=0, most=1)


def test_a_prefix_takes_as_many_places_as_its_knowledge_base_says_and_no_more_than_there_are() -> None:
    namespace = Namespace(most=5)
    namespace.knowledge_base(parallelism=4)
    namespace.task("a", {"prefix": {"prefix": "in/"}})
    namespace.task("b", {"prefix": {"prefix": "in/"}}, spec={"parallelism": 500})

    assert namespace.turn("a") == Turn(may_start=True, before=0, most=5)
    assert namespace.turn("b") == Turn(may_start=False, before=1, most=5)


def test_nobody_waits_for_a_task_that_cannot_start() -> None:
    paused = {"annotations": {"kubelore.io/paused": "true"}}
    for held in ({"spec": {"suspend": True}}, {"metadata": paused}):
        namespace = Namespace(most=1)
        namespace.knowledge_base()
        namespace.task("a", **held)
        namespace.task("b")

        assert namespace.turn("b") == Turn(may_start=True, before=0, most=1)


def test_tasks_of_a_knowledge_base_that_is_not_ready_have_no_turn() -> None:
    namespace = Namespace(most=1)
    namespace.knowledge_base(status={})
    namespace.task("a")

    assert namespace.turn("a") is None


def test_tasks_in_a_queue_of_kueues_have_no_turn() -> None:
    namespace = Namespace(most=1)
    namespace.knowledge_base(queueName="ingest")
    namespace.task("a")

    assert namespace.turn("a") is None


def test_without_a_limit_there_are_no_turns() -> None:
    namespace = Namespace(most=0)
    namespace.knowledge_base()
    namespace.task("a")

    assert namespace.turn("a") is None
