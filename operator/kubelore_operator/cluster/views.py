"""Reads pods, Jobs and Deployments into what decisions are made from."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from kubelore_operator.cluster.bodies import Body, key_of, label_of, uid_of
from kubelore_operator.manifests.metadata import ATTEMPT_LABEL, GENERATIONS_LABEL, INPUT_LABEL, OPERATION_LABEL
from kubelore_operator.reconcile.observed import Crash, Deployment, Ended, Job, JobState, Pod, Unready, Waiting
from kubelore_operator.workload import FETCH_CONTAINER

INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"

_EPOCH = datetime.fromtimestamp(0, UTC)


def deployment_view(body: Body) -> Deployment:
    """Read a Deployment's status."""
    status = body.get("status") or {}
    failed = _condition(status, "ReplicaFailure")
    return Deployment(
        up_to_date=int(status.get("observedGeneration", 0)) >= int(body["metadata"].get("generation", 0)),
        replicas=int(status.get("replicas", 0)),
        updated=int(status.get("updatedReplicas", 0)),
        ready=int(status.get("readyReplicas", 0)),
        failure=str(failed.get("message", "")) if failed else None,
    )


def job_view(body: Body, pods: Iterable[Pod]) -> Job:
    """Read a Job, together with its pods."""
    status = body.get("status") or {}
    complete, failed = _condition(status, "Complete"), _condition(status, "Failed")
    end = complete or failed or {}
    metadata = body["metadata"]
    return Job(
        key=key_of(body),
        uid=uid_of(body),
        state=JobState.COMPLETE if complete else JobState.FAILED if failed else JobState.RUNNING,
        created_at=_time(metadata.get("creationTimestamp")) or _EPOCH,
        reason=str(end.get("reason", "")),
        message=str(end.get("message", "")),
        finished_at=_time(end.get("lastTransitionTime")),
        operation=label_of(body, OPERATION_LABEL),
        input_hash=label_of(body, INPUT_LABEL),
        attempt=_number(label_of(body, ATTEMPT_LABEL), otherwise=1),
        generations=tuple(int(number) for number in label_of(body, GENERATIONS_LABEL).split("-") if number.isdecimal()),
        completions=int((body.get("spec") or {}).get("completions") or 1),
        is_deleting="deletionTimestamp" in metadata,
        is_suspended=bool((body.get("spec") or {}).get("suspend")),
        pods=tuple(pods),
    )


def pod_view(body: Body) -> Pod:
    """Read a pod's status."""
    metadata, status = body["metadata"], body.get("status") or {}
    containers: Sequence[Body] = status.get("containerStatuses") or ()
    init_containers: Sequence[Body] = status.get("initContainerStatuses") or ()
    states = [container.get("state") or {} for container in containers]
    return Pod(
        name=str(metadata["name"]),
        phase=str(status.get("phase", "Pending")),
        shard=_number(label_of(body, INDEX_LABEL), otherwise=0),
        is_deleting="deletionTimestamp" in metadata,
        has_started=any("running" in state or "terminated" in state for state in states),
        is_fetching="running" in _state_of(FETCH_CONTAINER, init_containers),
        fetched=_good_end_of(FETCH_CONTAINER, init_containers),
        is_ready=_condition(status, "Ready") is not None,
        unready=_unready(status, containers),
        unschedulable=_unschedulable(status),
        waiting=_waiting((*init_containers, *containers)),
        ended=_ended(status, states),
        crash=_crash((*init_containers, *containers)),
    )


def finished_at(body: Body) -> str:
    """Return when a pod's container ended, in a form that sorts by time; empty while it runs."""
    for container in (body.get("status") or {}).get("containerStatuses") or ():
        terminated = (container.get("state") or {}).get("terminated")
        if terminated is not None:
            return str(terminated.get("finishedAt", ""))
    return ""


def _condition(status: Body, kind: str) -> Body | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == kind and condition.get("status") == "True":
            found: Body = condition
            return found
    return None


def _unschedulable(status: Body) -> str | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return str(condition.get("message", ""))
    return None


def _waiting(containers: Iterable[Body]) -> Waiting | None:
    for container in containers:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting is not None and waiting.get("reason") not in {"PodInitializing", "ContainerCreating"}:
            return Waiting(
                container=str(container.get("name", "")),
                reason=str(waiting.get("reason", "")),
                message=str(waiting.get("message", "")),
            )
    return None


def _ended(status: Body, states: Iterable[Body]) -> Ended | None:
    """Read how the worker ended; a pod that the node gave up may have no container that says so."""
    for state in states:
        if "terminated" in state:
            return _termination(state["terminated"])
    if status.get("phase") != "Failed":
        return None
    return Ended(exit_code=-1, reason=str(status.get("reason", "")), message="", finished_at=None)


def _crash(containers: Iterable[Body]) -> Crash | None:
    """Read how a container ended that is started again: one that ended well afterwards has no lasting trouble."""
    for container in containers:
        terminated = (container.get("lastState") or {}).get("terminated")
        if terminated is not None and not _has_ended_well(container):
            return Crash(
                container=str(container.get("name", "")),
                ended=_termination(terminated),
                restarts=int(container.get("restartCount", 0)),
            )
    return None


def _has_ended_well(container: Body) -> bool:
    terminated = (container.get("state") or {}).get("terminated")
    return terminated is not None and terminated.get("exitCode") == 0


def _state_of(name: str, containers: Iterable[Body]) -> Body:
    states = (container.get("state") or {} for container in containers if container.get("name") == name)
    return next(states, {})


def _good_end_of(name: str, containers: Iterable[Body]) -> str:
    terminated = _state_of(name, containers).get("terminated") or {}
    return str(terminated.get("message", "")) if terminated.get("exitCode") == 0 else ""


def _unready(status: Body, containers: Iterable[Body]) -> Unready | None:
    for container in containers:
        running = (container.get("state") or {}).get("running")
        if running is not None and not container.get("ready"):
            started, unready = _time(running.get("startedAt")) or _EPOCH, _unready_since(status)
            return Unready(
                container=str(container.get("name", "")),
                since=max(started, unready),
                has_started=bool(container.get("started")),
                was_ready=unready > started,
            )
    return None


def _unready_since(status: Body) -> datetime:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Ready" and condition.get("status") == "False":
            return _time(condition.get("lastTransitionTime")) or _EPOCH
    return _EPOCH


def _termination(terminated: Body) -> Ended:
    return Ended(
        exit_code=int(terminated.get("exitCode", -1)),
        reason=str(terminated.get("reason", "")),
        message=str(terminated.get("message", "")),
        finished_at=_time(terminated.get("finishedAt")),
    )


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isdecimal() else otherwise
