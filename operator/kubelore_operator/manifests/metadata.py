"""Names, labels and owner references of everything that Kubelore's resources own."""

import hashlib
from typing import Any

from kubelore.resources.base import API_VERSION, GROUP, Resource

Manifest = dict[str, Any]
"""An object as the API server takes it."""

AnyResource = Resource[Any, Any]

MANAGED_BY = "kubelore"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
COMPONENT_LABEL = "app.kubernetes.io/component"
KIND_LABEL = f"{GROUP}/kind"
NAME_LABEL = f"{GROUP}/name"
UID_LABEL = f"{GROUP}/uid"
KNOWLEDGE_BASE_LABEL = f"{GROUP}/knowledge-base"
OPERATION_LABEL = f"{GROUP}/operation"
ATTEMPT_LABEL = f"{GROUP}/attempt"
INPUT_LABEL = f"{GROUP}/input"
GENERATIONS_LABEL = f"{GROUP}/generations"

INGEST_COMPONENT = "ingest"
MODEL_SERVER_COMPONENT = "model-server"

_LONGEST_LABEL = 63
_LONGEST_NAME = 50
_HASH_DIGITS = 10


def short_hash(*parts: str) -> str:
    """Return ten hex digits that stand for the parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:_HASH_DIGITS]


def label_value(name: str) -> str:
    """Return the name itself where it fits into a label, else its beginning and a hash of it."""
    if len(name) <= _LONGEST_LABEL:
        return name
    return f"{name[: _LONGEST_LABEL - _HASH_DIGITS - 1].rstrip('-.')}-{short_hash(name)}"


def child_name(base: str, *identity: str) -> str:
    """Return a DNS label that begins like `base` and is the same for the same identity; fits a pod's index after it."""
    readable = base.replace(".", "-")[: _LONGEST_NAME - _HASH_DIGITS - 1].rstrip("-")
    return f"{readable}-{short_hash(base, *identity)}"


def selector(owner: AnyResource) -> dict[str, str]:
    """Return the labels that find the pods of a resource, and none of another."""
    return {KIND_LABEL: owner.info.kind, NAME_LABEL: label_value(owner.metadata.name)}


def labels(owner: AnyResource, component: str, extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the labels of every child."""
    return {
        "app.kubernetes.io/name": "kubelore",
        COMPONENT_LABEL: component,
        MANAGED_BY_LABEL: MANAGED_BY,
        **selector(owner),
        UID_LABEL: owner.metadata.uid,
        **(extra or {}),
    }


def child_metadata(
    owner: AnyResource, name: str, component: str, extra_labels: dict[str, str] | None = None
) -> Manifest:
    """Return the metadata of a child, which goes when its owner goes."""
    return {**unowned_metadata(owner, name, component, extra_labels), "ownerReferences": [_controller(owner)]}


def unowned_metadata(
    owner: AnyResource, name: str, component: str, extra_labels: dict[str, str] | None = None
) -> Manifest:
    """Return the metadata of an object that outlives its owner, or the beginning of its owner's deletion.

    A foreground deletion takes away what an object owns before the object itself, and so what has to clean up first.
    """
    return {
        "name": name,
        "namespace": owner.metadata.namespace,
        "labels": labels(owner, component, extra_labels),
    }


def _controller(owner: AnyResource) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": owner.info.kind,
        "name": owner.metadata.name,
        "uid": owner.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
