from datetime import UTC, datetime
from typing import Any

import pytest

from kubelore_operator.cluster.views import deployment_view, job_view, pod_view
from kubelore_operator.reconcile.observed import Crash, Ended, JobState, Unready, Waiting

ENDED_AT = datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC)
TERMINATED = {"exitCode": 42, "reason": "Error", "message": "{}", "finishedAt": "2026-11-01T12:00:05Z"}


def pod(status: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "pages-1", "namespace": "team-a", "labels": labels}, "status": status}


def container(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "ingest", "state": state, **fields}


def job(*conditions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    metadata = {"name": "pages-1", "namespace": "team-a", "creationTimestamp": "2026-11-01T11:59:00Z", "uid": "j"}
    return {"kind": "Job", "metadata": metadata, "status": {"conditions": list(conditions)}, **fields}


def test_a_pod_that_ended_tells_how() -> None:
    view = pod_view(pod({"phase": "Failed", "containerStatuses": [container({"terminated": TERMINATED})]}))

    assert view.ended == Ended(42, "Error", "{}", ENDED_AT)
    assert view.has_started
    assert view.is_over


def test_a_pod_that_its_node_gave_up_has_ended_too() -> None:
    view = pod_view(pod({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}))

    assert view.ended == Ended(-1, "Evicted", "", None)


def test_a_pod_that_runs_has_started_and_not_ended() -> None:
    view = pod_view(pod({"phase": "Running", "containerStatuses": [container({"running": {}})]}))

    assert view.has_started
    assert view.ended is None


def test_a_pod_tells_its_shard() -> None:
    view = pod_view(pod({}, **{"batch.kubernetes.io/job-completion-index": "12"}))

    assert view.shard == 12


def test_a_pod_that_nobody_has_looked_at_waits_for_nothing_yet() -> None:
    creating = container({"waiting": {"reason": "ContainerCreating"}})

    view = pod_view(pod({"phase": "Pending", "containerStatuses": [creating]}))

    assert (view.waiting, view.unschedulable, view.has_started) == (None, None, False)


def test_a_pod_tells_what_its_init_container_waits_for() -> None:
    pulling = {**container({"waiting": {"reason": "ImagePullBackOff", "message": "denied"}}), "name": "fetch-model"}

    view = pod_view(pod({"initContainerStatuses": [pulling], "containerStatuses": []}))

    assert view.waiting == Waiting("fetch-model", "ImagePullBackOff", "denied")


def test_a_pod_whose_model_is_fetched_says_so() -> None:
    fetching = {"name": "fetch-model", "state": {"running": {}}}

    assert pod_view(pod({"initContainerStatuses": [fetching]})).is_fetching
    assert not pod_view(pod({"initContainerStatuses": [fetching | {"name": "other"}]})).is_fetching


def test_a_pod_tells_what_its_fetch_said_at_its_good_end() -> None:
    good = {"name": "fetch-model", "state": {"terminated": {"exitCode": 0, "message": "said"}}}
    bad = {"name": "fetch-model", "state": {"terminated": {"exitCode": 1, "message": "said"}}}

    assert pod_view(pod({"initContainerStatuses": [good]})).fetched == "said"
    assert pod_view(pod({"initContainerStatuses": [bad]})).fetched == ""


def test_a_fetch_that_succeeded_in_the_end_is_no_crash() -> None:
    ended = {
        "name": "fetch-model",
        "state": {"terminated": {"exitCode": 0}},
        "lastState": {"terminated": TERMINATED},
        "restartCount": 1,
    }

    assert pod_view(pod({"initContainerStatuses": [ended]})).crash is None


def test_a_container_that_runs_and_does_not_answer_is_unready_since_it_started() -> None:
    running = container({"running": {"startedAt": "2026-11-01T12:00:05Z"}}, ready=False, started=True)

    assert pod_view(pod({"containerStatuses": [running]})).unready == Unready("ingest", ENDED_AT, has_started=True)


def test_a_container_that_answered_before_is_unready_since_it_stopped_to() -> None:
    running = container({"running": {"startedAt": "2026-11-01T11:00:00Z"}}, ready=False, started=True)
    condition = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-01T12:00:05Z"}

    view = pod_view(pod({"containerStatuses": [running], "conditions": [condition]}))

    assert view.unready == Unready("ingest", ENDED_AT, has_started=True, was_ready=True)


def test_a_pod_tells_why_it_is_not_scheduled() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}

    assert pod_view(pod({"conditions": [condition]})).unschedulable == "no node"


def test_a_pod_tells_how_it_crashed() -> None:
    crashing = container(
        {"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": TERMINATED}, restartCount=3
    )

    view = pod_view(pod({"containerStatuses": [crashing]}))

    assert view.crash == Crash("ingest", Ended(42, "Error", "{}", ENDED_AT), restarts=3)


@pytest.mark.parametrize(("kind", "state"), [("Complete", JobState.COMPLETE), ("Failed", JobState.FAILED)])
def test_a_job_has_ended_by_its_condition(kind: str, state: JobState) -> None:
    condition = {
        "type": kind,
        "status": "True",
        "reason": "Because",
        "message": "of this",
        "lastTransitionTime": "2026-11-01T12:00:05Z",
    }

    view = job_view(job(condition), ())

    assert (view.state, view.reason, view.message, view.finished_at) == (state, "Because", "of this", ENDED_AT)


def test_a_job_whose_pods_are_only_about_to_end_still_runs() -> None:
    conditions = ({"type": "FailureTarget", "status": "True"}, {"type": "SuccessCriteriaMet", "status": "True"})

    assert job_view(job(*conditions), ()).state is JobState.RUNNING


def test_a_job_tells_how_many_pods_have_to_succeed() -> None:
    assert job_view(job(spec={"completions": 4}), ()).completions == 4
    assert job_view(job(), ()).completions == 1


def test_a_deployment_whose_controller_lags_behind_is_not_up_to_date() -> None:
    body = {"metadata": {"generation": 3}, "status": {"observedGeneration": 2, "readyReplicas": 1}}

    assert not deployment_view(body).up_to_date
    assert deployment_view(body).ready == 1
