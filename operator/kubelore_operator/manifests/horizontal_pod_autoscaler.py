"""Autoscalers of model servers."""

from kubelore.resources.llm_server import Autoscaling
from kubelore_operator.manifests.metadata import MODEL_SERVER_COMPONENT, AnyResource, Manifest, child_metadata


def horizontal_pod_autoscaler(owner: AnyResource, wanted: Autoscaling) -> Manifest:
    """Write an autoscaler of the owner's Deployment, by the CPU use that it aims at, in percent of the request."""
    target = {"type": "Utilization", "averageUtilization": wanted.target_cpu_utilization}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": child_metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": owner.metadata.name},
            "minReplicas": wanted.min_replicas,
            "maxReplicas": wanted.max_replicas,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }
