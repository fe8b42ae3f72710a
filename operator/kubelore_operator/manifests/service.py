"""Services in front of model servers."""

from kubelore_operator.manifests.metadata import (
    MODEL_SERVER_COMPONENT,
    AnyResource,
    Manifest,
    child_metadata,
    selector,
)
from kubelore_operator.manifests.pod import PORT_NAME


def service(owner: AnyResource, port: int) -> Manifest:
    """Write a Service of the owner's name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": child_metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": {
            "type": "ClusterIP",
            "selector": selector(owner),
            "ports": [{"name": PORT_NAME, "port": port, "targetPort": PORT_NAME, "protocol": "TCP"}],
        },
    }
