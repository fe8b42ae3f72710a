"""Whether an object is as its manifest says, so that it need not be written."""

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from kubelore.resources.base import GROUP
from kubelore_operator.cluster.bodies import Body

APPLIED_ANNOTATION = f"{GROUP}/applied"
"""Holds a hash of the manifest that was applied last: it tells when a part was taken out of the manifest."""


def stamped(manifest: Body) -> Body:
    """Return the manifest with its own hash as an annotation."""
    metadata = manifest["metadata"]
    annotations = {**(metadata.get("annotations") or {}), APPLIED_ANNOTATION: _hash(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def is_applied(live: Body, stamped_manifest: Body) -> bool:
    """Say whether the object holds all of the stamped manifest, whatever the API server added to it."""
    return _holds(live, stamped_manifest)


def difference(live: Any, wanted: Body) -> Body:
    """Return the merge patch that makes the live object hold what is wanted; None stands for what must not be there."""
    known = live if isinstance(live, dict) else {}
    patch: Body = {}
    for name, value in wanted.items():
        present = known.get(name)
        if isinstance(value, dict):
            inner = difference(present, value)
            if inner:
                patch[name] = inner
        elif value != present:
            patch[name] = value
    return patch


def _hash(manifest: Body) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def _holds(live: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        known = live if isinstance(live, dict) else {}
        return all(_holds(known.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, (list, tuple)):
        return _holds_items(live if isinstance(live, list) else [], wanted)
    if live is None:
        return not wanted
    return bool(live == wanted) or _is_same_quantity(live, wanted)


def _holds_items(live: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Compare lists as server-side apply does: where items have names, others may add their own."""
    names = [_identity(item) for item in wanted]
    if wanted and None not in names:
        present = {_identity(item): item for item in live}
        return all(_holds(present.get(name), item) for name, item in zip(names, wanted, strict=True))
    return len(live) == len(wanted) and all(map(_holds, live, wanted))


def _identity(item: Any) -> Any:
    return (item.get("mountPath") or item.get("name")) if isinstance(item, dict) else None


def _is_same_quantity(live: Any, wanted: Any) -> bool:
    """Say whether two texts are one amount: the API server writes `0.5` as `500m`."""
    first, second = _quantity(live), _quantity(wanted)
    return first is not None and first == second


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        amount = parse_quantity(value)
    except ValueError:
        return None
    return amount if isinstance(amount, Decimal) else None
