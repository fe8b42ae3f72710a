"""Disruption budgets of model servers."""

from kubelore_operator.manifests.metadata import (
    MODEL_SERVER_COMPONENT,
    AnyResource,
    Manifest,
    child_metadata,
    selector,
)


def pod_disruption_budget(owner: AnyResource) -> Manifest:
    """Write a budget that lets nodes be drained, with one pod of the owner gone at a time.

    A pod that isn't ready holds no drain up: it answers nobody.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": child_metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(owner)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
