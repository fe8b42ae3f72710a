"""The operator dies before and after each of its writes: the end is the same, and no child comes twice."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from kubelore.documents.plan import PlanSummary
from support.apiserver import ResourceApi
from support.cluster_api import History
from support.mortal_operator import MortalOperator
from support.operator_resources import PREPARED, OperatedNamespace
from support.operator_world import message
from support.processes import wait_until

SECONDS_TO_CONVERGE = 60
SERVER_CHILDREN = ("Deployment", "Service", "NetworkPolicy", "PersistentVolumeClaim")
TASKS: dict[str, dict[str, object]] = {
    "pages": {},
    "note": {"source": {"inline": {"filename": "note.md", "text": "# A note\n"}}},
    "wiki": {"source": {"prefix": {"prefix": "wiki/"}}, "parallelism": 2},
}


@pytest.fixture
def mortal(operated: ResourceApi, namespace: OperatedNamespace) -> Iterator[MortalOperator]:
    with MortalOperator(operated.kubeconfig, namespace.api.namespace).running() as operator:
        yield operator


def carry_out(namespace: OperatedNamespace, operation: str, owner: str, *messages: object) -> None:
    """Play the Job controller for a Job, as soon as it is there."""
    jobs = namespace.jobs
    wait_until(f"{operation} of {owner}", lambda: bool(jobs.jobs(operation, owner)), SECONDS_TO_CONVERGE)
    (job,) = jobs.jobs(operation, owner)
    jobs.carry_out(job, *messages)


def prepare(namespace: OperatedNamespace) -> None:
    namespace.create_knowledge_base(deletionPolicy="Delete", sync={"prefix": "wiki/"})
    carry_out(namespace, "prepare", "handbook", PREPARED)
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "True", seconds=SECONDS_TO_CONVERGE)


def assert_once(histories: Iterable[History], children: int) -> None:
    """Hold that so many children were made, none of them a second time."""
    made = Counter(name for history in histories for name in history.created())
    assert sum(made.values()) == children, made


def assert_died_around_every_write(mortal: MortalOperator, writes: Iterable[str]) -> None:
    deaths = mortal.deaths
    for write in writes:
        assert any(name.startswith(write) for name in deaths.before), (write, deaths.before)
        assert any(name.startswith(write) for name in deaths.after), (write, deaths.after)


def test_a_model_server_gets_each_child_once(namespace: OperatedNamespace, mortal: MortalOperator) -> None:
    with namespace.api.histories(SERVER_CHILDREN) as histories:
        namespace.create_model_server()
        namespace.wait_for_condition(
            "LLMServer", "embedder", "Ready", "False", "Deploying", seconds=SECONDS_TO_CONVERGE
        )

    made = {kind: len(history.created()) for kind, history in histories.items() if history.created()}
    assert made == dict.fromkeys(made, 1)
    assert {"Deployment", "Service"} <= set(made)
    assert_died_around_every_write(mortal, ["apply Deployment", "apply Service", "patch LLMServer"])


def test_a_knowledge_base_is_prepared_once_and_purged_once(
    namespace: OperatedNamespace, mortal: MortalOperator
) -> None:
    with namespace.api.history("Job") as jobs:
        prepare(namespace)
    with namespace.api.history("Job") as purges:
        namespace.api.delete("KnowledgeBase", "handbook")
        carry_out(namespace, "purge", "handbook", message())
        namespace.wait_until_gone("KnowledgeBase", "handbook", SECONDS_TO_CONVERGE)

    assert_once([jobs], 1)
    assert_once([purges], 1)
    assert_died_around_every_write(mortal, ["apply Job", "apply CronJob", "patch KnowledgeBase", "delete CronJob"])


def test_tasks_come_to_their_ends_with_one_job_each(namespace: OperatedNamespace, mortal: MortalOperator) -> None:
    prepare(namespace)
    with namespace.api.histories(("Job", "ConfigMap")) as histories:
        for name, spec in TASKS.items():
            namespace.create_task(name, **spec)
        carry_out(namespace, "plan", "wiki", message(plan=PlanSummary(shards=2, documents=4)))
        for name in ("pages", "note"):
            carry_out(namespace, "upsert", name, message(1, chunks=3))
        carry_out(namespace, "upsert", "wiki", message(2, chunks=5), message(2, chunks=6))
        ends = {name: namespace.wait_for_phase(name, "COMPLETED", SECONDS_TO_CONVERGE) for name in TASKS}

    assert {name: (end["progress"], end["chunks"]) for name, end in ends.items()} == {
        "pages": ("1/1", 3),
        "note": ("1/1", 3),
        "wiki": ("4/4", 11),
    }
    assert_once([histories["Job"]], 4)
    assert_once([histories["ConfigMap"]], 1)
    assert_died_around_every_write(mortal, ["apply Job", "apply ConfigMap", "patch IngestTask"])
