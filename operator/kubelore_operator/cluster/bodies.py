"""Objects as the API server sends them: how their identity and metadata are read."""

from typing import Any

from kubelore.resources.base import ResourceKey
from kubelore_operator.kinds import KINDS

Body = dict[str, Any]

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def key_of(body: Body) -> ResourceKey:
    """Return what the object is found by."""
    metadata = body["metadata"]
    return ResourceKey(body["kind"], metadata.get("namespace", ""), metadata["name"])


def uid_of(body: Body) -> str:
    """Return the object's uid."""
    return str(body["metadata"].get("uid", ""))


def version_of(body: Body) -> int:
    """Return the object's resource version, which grows with every write."""
    return int(body["metadata"].get("resourceVersion") or 0)


def label_of(body: Body, label: str) -> str:
    """Return one label's value, or an empty string."""
    return str((body["metadata"].get("labels") or {}).get(label, ""))


def trimmed(body: Body) -> Body:
    """Return the object without what nobody here reads, which is most of it."""
    metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
    annotations = metadata.get("annotations")
    if annotations and _LAST_APPLIED in annotations:
        metadata["annotations"] = {name: text for name, text in annotations.items() if name != _LAST_APPLIED}
    slim = {**body, "metadata": metadata}
    for path in KINDS[body["kind"]].left_out:
        slim = _without(slim, path)
    return slim


def _without(body: Body, path: tuple[str, ...]) -> Body:
    head, *rest = path
    if head not in body:
        return body
    if not rest:
        return {name: value for name, value in body.items() if name != head}
    return {**body, head: _without(body[head], tuple(rest))}
