"""Volume claims that keep models."""

from kubelore_operator.manifests.metadata import MODEL_SERVER_COMPONENT, AnyResource, Manifest, child_metadata
from kubelore_operator.workload import ModelCache


def pvc(owner: AnyResource, cache: ModelCache) -> Manifest:
    """Write a PersistentVolumeClaim of the owner's name."""
    spec: Manifest = {
        "accessModes": [cache.access_mode],
        "resources": {"requests": {"storage": cache.size}},
    }
    if cache.storage_class_name is not None:
        spec["storageClassName"] = cache.storage_class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": child_metadata(owner, owner.metadata.name, MODEL_SERVER_COMPONENT),
        "spec": spec,
    }
