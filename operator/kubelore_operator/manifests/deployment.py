"""Deployments of model servers."""

from dataclasses import dataclass

from kubelore_operator.manifests.metadata import (
    MODEL_SERVER_COMPONENT,
    AnyResource,
    Manifest,
    child_metadata,
    labels,
    selector,
)
from kubelore_operator.manifests.pod import pod_spec
from kubelore_operator.workload import Pod

_SECONDS_TO_ROLL_OUT = 3600
"""A model of many gigabytes may have to be fetched first."""

_NODE = "kubernetes.io/hostname"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True, slots=True)
class Rollout:
    """How many pods there are, and whether a new one may start before an old one has gone.

    Without `replicas` an autoscaler decides. All pods are on `one_node` where they share a volume that is only there.
    """

    replicas: int | None
    surge: bool
    one_node: bool = False


def deployment(owner: AnyResource, pod: Pod, rollout: Rollout) -> Manifest:
    """Write a Deployment that is updated pod by pod."""
    surge, unavailable = (1, 0) if rollout.surge else (0, 1)
    replicas = {} if rollout.replicas is None else {"replicas": rollout.replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": child_metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": {
            **replicas,
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": _SECONDS_TO_ROLL_OUT,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            "selector": {"matchLabels": selector(owner)},
            "template": {
                "metadata": {"labels": labels(owner, MODEL_SERVER_COMPONENT)},
                "spec": _placed(owner, pod_spec(pod), rollout),
            },
        },
    }


def _placed(owner: AnyResource, spec: Manifest, rollout: Rollout) -> Manifest:
    """Say where the pods run: on one node, or on different ones unless they are told otherwise."""
    if not rollout.one_node:
        return {**_spread(owner), **spec}
    affinity = spec.get("affinity") or {}
    pods = affinity.get("podAffinity") or {}
    required = [*(pods.get(_REQUIRED) or ()), _beside(owner)]
    return {**spec, "affinity": {**affinity, "podAffinity": {**pods, _REQUIRED: required}}}


def _beside(owner: AnyResource) -> Manifest:
    """Ask for the node of the pods that there are; the first one may go anywhere."""
    return {"labelSelector": {"matchLabels": selector(owner)}, "topologyKey": _NODE}


def _spread(owner: AnyResource) -> Manifest:
    """Prefer separate nodes; a must would leave pods pending where the model's volume or the devices are on few."""
    rule = {
        "maxSkew": 1,
        "topologyKey": _NODE,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(owner)},
        "matchLabelKeys": ["pod-template-hash"],
    }
    return {"topologySpreadConstraints": [rule]}
