"""ConfigMaps that carry a document's text to its worker."""

from kubelore_operator.manifests.metadata import INGEST_COMPONENT, AnyResource, Manifest, child_metadata


def config_map(owner: AnyResource, name: str, data: dict[str, str]) -> Manifest:
    """Write an immutable ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": child_metadata(owner, name, INGEST_COMPONENT),
        "immutable": True,
        "data": data,
    }
