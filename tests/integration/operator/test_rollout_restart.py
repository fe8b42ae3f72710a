"""The operator is killed at any moment of a rollout, and the cluster comes to the same state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubelore_operator.kinds import CHILDREN
from support.cluster_api import Body
from support.operator_process import OperatorProcess
from support.operator_resources import OperatedNamespace
from support.processes import wait_until

NewOperator = Callable[..., OperatorProcess]
Moment = Callable[[OperatedNamespace], None]

SERVER = "tiny"
OLD: Body = {
    "engine": "llamacpp",
    "serves": ["chat"],
    "model": {"name": "tiny", "source": {"http": {"url": "https://models.example/old.gguf"}}},
}
NEW: Body = {
    **OLD,
    "image": "models.example/llama-server:2",
    "model": {"name": "tiny", "source": {"http": {"url": "https://models.example/new.gguf"}}},
    "autoscaling": {"minReplicas": 2, "maxReplicas": 3},
}


def child(namespace: OperatedNamespace, kind: str) -> Body:
    return namespace.api.get(kind, SERVER) or {}


def image(namespace: OperatedNamespace) -> Any:
    return child(namespace, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]


def change(namespace: OperatedNamespace) -> None:
    namespace.api.patch("LLMServer", SERVER, {"spec": NEW})


def progressing(namespace: OperatedNamespace) -> Body:
    return namespace.condition("LLMServer", SERVER, "Progressing")


def at_once(namespace: OperatedNamespace) -> None:
    """Kill it before it may have seen the change."""


def when_a(kind: str) -> Moment:
    def moment(namespace: OperatedNamespace) -> None:
        wait_until(f"there is a {kind}", lambda: bool(child(namespace, kind)))

    moment.__name__ = f"when_there_is_a_{kind}"
    return moment


def when_the_pods_are_changed(namespace: OperatedNamespace) -> None:
    wait_until("the pods are changed", lambda: image(namespace) == NEW["image"])


def is_let_go(body: Body) -> bool:
    """Say whether an object is gone, or would be if there were a controller that ends its protection."""
    return not body or "deletionTimestamp" in body["metadata"]


def when_the_old_volume_is_let_go(namespace: OperatedNamespace) -> None:
    wait_until("the old volume is let go", lambda: is_let_go(child(namespace, "PersistentVolumeClaim")), 60)


def when_it_says_that_it_is_progressing(namespace: OperatedNamespace) -> None:
    when_the_pods_are_changed(namespace)
    wait_until("it is progressing", lambda: progressing(namespace).get("status") == "True")


def when_its_generation_is_observed(namespace: OperatedNamespace) -> None:
    generation = child(namespace, "LLMServer")["metadata"]["generation"]
    wait_until(
        "its generation is observed",
        lambda: namespace.status("LLMServer", SERVER).get("observedGeneration") == generation,
    )


def when_half_of_the_pods_answer(namespace: OperatedNamespace) -> None:
    when_the_pods_are_changed(namespace)
    serve(namespace, ready=1)


def when_all_pods_answer(namespace: OperatedNamespace) -> None:
    when_the_pods_are_changed(namespace)
    serve(namespace, ready=2)


def when_it_is_up_to_date(namespace: OperatedNamespace) -> None:
    when_all_pods_answer(namespace)
    wait_until("it is up to date", lambda: progressing(namespace).get("reason") == "UpToDate")


MOMENTS: tuple[Moment, ...] = (
    at_once,
    when_a("PodDisruptionBudget"),
    when_a("HorizontalPodAutoscaler"),
    when_the_pods_are_changed,
    when_the_old_volume_is_let_go,
    when_it_says_that_it_is_progressing,
    when_its_generation_is_observed,
    when_half_of_the_pods_answer,
    when_all_pods_answer,
    when_it_is_up_to_date,
)


def serve(namespace: OperatedNamespace, ready: int) -> None:
    """Say how many of the new pods answer, as the Deployment's controller does."""
    generation = child(namespace, "Deployment")["metadata"]["generation"]
    counts = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": ready, "availableReplicas": ready}
    status = {"observedGeneration": generation, **counts}
    namespace.api.patch("Deployment", SERVER, {"status": status}, "status")


def settled(namespace: OperatedNamespace) -> Body:
    """Return all that there is at the end, without what differs from run to run."""
    when_the_pods_are_changed(namespace)
    serve(namespace, ready=2)
    namespace.wait_for_condition("LLMServer", SERVER, "Ready", "True", seconds=60)
    namespace.wait_for_condition("LLMServer", SERVER, "Progressing", "False", "UpToDate", seconds=60)
    when_the_old_volume_is_let_go(namespace)
    status = namespace.status("LLMServer", SERVER)
    conditions = [(found["type"], found["status"], found["reason"]) for found in status["conditions"]]
    return {"children": children(namespace), "conditions": conditions, "replicas": status["readyReplicas"]}


def children(namespace: OperatedNamespace) -> set[str]:
    return {kind.kind for kind in CHILDREN if not is_let_go(child(namespace, kind.kind))}


@contextmanager
def rolling_out(namespace: OperatedNamespace, operator: OperatorProcess) -> Iterator[None]:
    """Have a server that answers, and change everything about it."""
    operator.start()
    namespace.create_model_server(SERVER, **OLD)
    wait_until("it is deployed", lambda: bool(child(namespace, "Deployment")))
    namespace.jobs.serve(SERVER)
    namespace.wait_for_condition("LLMServer", SERVER, "Ready", "True", seconds=60)
    change(namespace)
    yield


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_an_operator_that_is_killed_in_a_rollout_comes_to_the_same_end(
    moment: Moment, namespace: OperatedNamespace, new_operator: NewOperator
) -> None:
    operator = new_operator()
    with rolling_out(namespace, operator), namespace.api.history("Deployment") as deployments:
        moment(namespace)
        operator.kill()
        operator.start()
        end = settled(namespace)

    assert end == {
        "children": {"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"},
        "conditions": [
            ("Ready", "True", "Ready"),
            ("ModelAvailable", "True", "ModelLoaded"),
            ("Progressing", "False", "UpToDate"),
        ],
        "replicas": 2,
    }
    assert deployments.created() == []
