"""Who may reach a model server."""

from dataclasses import dataclass

from kubelore_operator.manifests.metadata import (
    COMPONENT_LABEL,
    INGEST_COMPONENT,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    MODEL_SERVER_COMPONENT,
    AnyResource,
    Manifest,
    child_metadata,
    selector,
)


@dataclass(frozen=True, slots=True)
class Installation:
    """Where this installation's gateway and operator run."""

    name: str
    namespace: str


def network_policy(owner: AnyResource, port: int, installation: Installation) -> Manifest:
    """Write a policy that lets in the gateway, the operator and the namespace's ingest pods, and no one else.

    Most engines ask nobody for a key: the network is what keeps strangers out.
    """
    workers = {MANAGED_BY_LABEL: MANAGED_BY, COMPONENT_LABEL: INGEST_COMPONENT}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": child_metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": {
            "podSelector": {"matchLabels": selector(owner)},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"podSelector": {"matchLabels": workers}}, _part_of(installation)],
                    "ports": [{"port": port, "protocol": "TCP"}],
                }
            ],
        },
    }


def _part_of(installation: Installation) -> Manifest:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": installation.namespace}},
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/name": "kubelore",
                "app.kubernetes.io/instance": installation.name,
            },
            "matchExpressions": [{"key": COMPONENT_LABEL, "operator": "In", "values": ["gateway", "operator"]}],
        },
    }
