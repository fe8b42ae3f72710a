"""Whether a model server answers, as conditions that say what to do if it doesn't."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kubelore.clock import timestamp
from kubelore.resources.conditions import ConditionType, Reason
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Deployment, Pod, Unready
from kubelore_operator.reconcile.pods import Problem, first_problem

Findings = tuple[Finding, Finding, Finding]

_TO_START = timedelta(minutes=10)
"""A large model may be loading for so long: nothing is wrong with it before."""

_TO_ANSWER = timedelta(minutes=1)
_MODEL_REASONS = {Reason.MODEL_FETCH_FAILED, Reason.MODEL_MISSING}
_OVER_QUOTA = "exceeded quota"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be judged: `readiness` is what the kubelet asks of a pod, in words."""

    wanted: int
    deployment: Deployment
    pods: tuple[Pod, ...]
    refusal: str | None
    readiness: str
    now: datetime


def health(seen: Seen) -> Findings:
    """Judge a server that runs here by its Deployment and its pods."""
    trouble = _trouble(seen)
    return (_ready(seen, trouble), _model(seen, trouble), _progressing(seen, trouble))


def external_health(endpoint: str) -> Findings:
    """Take an endpoint elsewhere as it is: it is asked when it is used."""
    reason, message = Reason.EXTERNAL_ENDPOINT, f"requests go to {endpoint}"
    return (
        Finding(ConditionType.READY, reason, message, status=True),
        Finding(ConditionType.MODEL_AVAILABLE, reason, message, status=True),
        Finding(ConditionType.PROGRESSING, reason, message, status=False),
    )


def seconds_to_judgement(seen: Seen) -> float | None:
    """Return after how many seconds a pod that doesn't answer yet is in trouble, if there is one."""
    left = [(_due(unready) - seen.now).total_seconds() for _, unready in _unready(seen)]
    return min((seconds for seconds in left if seconds > 0), default=None)


def _ready(seen: Seen, trouble: Problem | None) -> Finding:
    if seen.wanted == 0:
        return Finding(ConditionType.READY, Reason.SCALED_TO_ZERO, "spec.replicas is 0", status=False)
    ready = seen.deployment.ready
    if ready > 0:
        return Finding(ConditionType.READY, Reason.READY, f"{ready} of {seen.wanted} pods answer", status=True)
    missing = trouble or _on_its_way(seen)
    return Finding(ConditionType.READY, missing.reason, missing.message, status=False)


def _model(seen: Seen, trouble: Problem | None) -> Finding:
    if seen.deployment.ready > 0:
        return Finding(ConditionType.MODEL_AVAILABLE, Reason.MODEL_LOADED, "the model answers", status=True)
    if trouble is not None and trouble.reason in _MODEL_REASONS:
        return Finding(ConditionType.MODEL_AVAILABLE, trouble.reason, trouble.message, status=False)
    missing = _on_its_way(seen)
    if missing.reason is Reason.MODEL_FETCHING:
        return Finding(ConditionType.MODEL_AVAILABLE, missing.reason, missing.message, status=False)
    return Finding(ConditionType.MODEL_AVAILABLE, Reason.PODS_NOT_READY, "no pod answers", status=None)


def _progressing(seen: Seen, trouble: Problem | None) -> Finding:
    deployment = seen.deployment
    settled = deployment.replicas == deployment.updated == deployment.ready == seen.wanted
    if deployment.up_to_date and settled and seen.refusal is None:
        return Finding(ConditionType.PROGRESSING, Reason.UP_TO_DATE, "all pods are up to date", status=False)
    missing = trouble or _on_its_way(seen)
    return Finding(ConditionType.PROGRESSING, missing.reason, missing.message, status=seen.refusal is None)


def _trouble(seen: Seen) -> Problem | None:
    if seen.refusal is not None:
        return _refused(seen.refusal)
    if seen.deployment.failure is not None:
        return _refused(seen.deployment.failure)
    return first_problem(seen.pods) or next(_silent(seen), None)


def _refused(message: str) -> Problem:
    if _OVER_QUOTA in message:
        return Problem(Reason.QUOTA_EXCEEDED, f"{message}; ask for less, or have the namespace's quota raised")
    return Problem(Reason.REFUSED, message)


def _silent(seen: Seen) -> Iterator[Problem]:
    for pod, unready in _unready(seen):
        if _due(unready) <= seen.now:
            yield Problem(
                Reason.PROBE_FAILING,
                f"container {unready.container} of pod {pod.name} runs, but its probe ({seen.readiness}) has failed "
                f"since {timestamp(unready.since)}; look at its log with kubectl logs {pod.name} -c "
                f"{unready.container}, and at kubectl describe pod {pod.name}",
            )


def _on_its_way(seen: Seen) -> Problem:
    """Say how far a server is that nothing is wrong with."""
    if any(pod.is_fetching for pod in seen.pods):
        return Problem(Reason.MODEL_FETCHING, "the model is being fetched; status.model tells how far it is")
    for pod, unready in _unready(seen):
        where = f"container {unready.container} of pod {pod.name}"
        return Problem(Reason.MODEL_LOADING, f"{where} has been loading the model since {timestamp(unready.since)}")
    return Problem(Reason.DEPLOYING, "pods are being started")


def _unready(seen: Seen) -> Iterator[tuple[Pod, Unready]]:
    return ((pod, pod.unready) for pod in seen.pods if pod.unready is not None and not pod.is_deleting)


def _due(unready: Unready) -> datetime:
    """Return when a container must answer: one that did already has failed its probe several times by now."""
    if unready.was_ready:
        return unready.since
    return unready.since + (_TO_ANSWER if unready.has_started else _TO_START)
