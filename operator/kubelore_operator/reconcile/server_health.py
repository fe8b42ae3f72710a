"""Whether a model server answers, as conditions that say what to do if it doesn't."""

from collections.abc import Sequence

from kubelore.resources.conditions import ConditionType, Reason
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Deployment, Pod
from kubelore_operator.reconcile.pods import first_problem

Findings = tuple[Finding, Finding, Finding]


def health(wanted: int, seen: Deployment, pods: Sequence[Pod], refusal: str | None) -> Findings:
    """Judge a server that runs here by its Deployment and its pods."""
    return (_ready(wanted, seen, pods, refusal), _model(seen, pods), _progressing(wanted, seen, pods, refusal))


def external_health(endpoint: str) -> Findings:
    """Take an endpoint elsewhere as it is: it is asked when it is used."""
    reason, message = Reason.EXTERNAL_ENDPOINT, f"requests go to {endpoint}"
    return (
        Finding(ConditionType.READY, reason, message, status=True),
        Finding(ConditionType.MODEL_AVAILABLE, reason, message, status=True),
        Finding(ConditionType.PROGRESSING, reason, message, status=False),
    )


def _ready(wanted: int, seen: Deployment, pods: Sequence[Pod], refusal: str | None) -> Finding:
    if wanted == 0:
        return Finding(ConditionType.READY, Reason.SCALED_TO_ZERO, "spec.replicas is 0", status=False)
    if seen.ready > 0:
        return Finding(ConditionType.READY, Reason.READY, f"{seen.ready} of {wanted} pods answer", status=True)
    reason, message = _what_is_missing(seen, pods, refusal)
    return Finding(ConditionType.READY, reason, message, status=False)


def _model(seen: Deployment, pods: Sequence[Pod]) -> Finding:
    if seen.ready > 0:
        return Finding(ConditionType.MODEL_AVAILABLE, Reason.MODEL_LOADED, "the model answers", status=True)
    if _is_fetching(pods):
        return Finding(ConditionType.MODEL_AVAILABLE, Reason.MODEL_FETCHING, "the model is being fetched", status=False)
    return Finding(ConditionType.MODEL_AVAILABLE, Reason.PODS_NOT_READY, "no pod answers", status=None)


def _progressing(wanted: int, seen: Deployment, pods: Sequence[Pod], refusal: str | None) -> Finding:
    settled = seen.up_to_date and seen.replicas == seen.updated == seen.ready == wanted
    if settled and refusal is None:
        return Finding(ConditionType.PROGRESSING, Reason.UP_TO_DATE, "all pods are up to date", status=False)
    reason, message = _what_is_missing(seen, pods, refusal)
    return Finding(ConditionType.PROGRESSING, reason, message, status=refusal is None)


def _what_is_missing(seen: Deployment, pods: Sequence[Pod], refusal: str | None) -> tuple[Reason, str]:
    if refusal is not None:
        return Reason.REFUSED, refusal
    problem = first_problem(pods) or seen.failure
    if problem is not None:
        return Reason.PODS_NOT_READY, problem
    if _is_fetching(pods):
        return Reason.MODEL_FETCHING, "the model is being fetched; kubectl logs -c fetch-model shows how far it is"
    return Reason.DEPLOYING, "pods are being started"


def _is_fetching(pods: Sequence[Pod]) -> bool:
    return any(pod.is_initializing for pod in pods)
