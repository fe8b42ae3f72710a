"""Volume claims that keep models."""

from kubelore_operator.manifests.metadata import (
    MODEL_SERVER_COMPONENT,
    AnyResource,
    Manifest,
    child_metadata,
    unowned_metadata,
)
from kubelore_operator.workload import ModelCache


def pvc(owner: AnyResource, cache: ModelCache) -> Manifest:
    """Write a PersistentVolumeClaim of the owner's name; one that is retained is nobody's."""
    metadata = unowned_metadata if cache.retained else child_metadata
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": claim_spec(cache),
    }


def claim_spec(cache: ModelCache) -> Manifest:
    """Write what is asked of a volume."""
    spec: Manifest = {
        "accessModes": [cache.access_mode],
        "resources": {"requests": {"storage": cache.size}},
    }
    if cache.storage_class_name is not None:
        spec["storageClassName"] = cache.storage_class_name
    return spec
