"""Decides how the kept state follows the folder: what is new, what changed, what went."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kubelore.documents.ids import fingerprint
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.manifests import AnyResource, Manifests, PlacedProblem, invalid
from kubelore.resources.state_database import StoredObject
from kubelore.resources.validation import FieldProblem

_MUTABLE_IN_A_TASK = frozenset({"suspend", "ttlSecondsAfterFinished"})


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What to write so that every resource of the folder is known, and no other but the created ones."""

    new: tuple[StoredObject, ...]
    respecified: tuple[StoredObject, ...]
    gone: tuple[ResourceKey, ...]


def plan_sync(
    manifests: Manifests,
    stored: Mapping[ResourceKey, StoredObject],
    now: datetime,
    new_uid: Callable[[], str] = lambda: str(uuid.uuid4()),
) -> SyncPlan:
    """Compare the folder with what is kept.

    Raises KubeloreError RESOURCE_INVALID for a task whose spec changed, or whose name a created task has.
    """
    problems = [
        PlacedProblem(manifests.places[key], problem)
        for key, resource in manifests.resources.items()
        if (problem := _problem(resource, stored.get(key))) is not None
    ]
    if problems:
        raise invalid(problems)
    return SyncPlan(
        new=tuple(
            StoredObject(key, new_uid(), 1, spec_digest(resource), now)
            for key, resource in manifests.resources.items()
            if key not in stored
        ),
        respecified=tuple(_respecified(manifests.resources, stored)),
        gone=tuple(key for key, old in stored.items() if old.manifest is None and key not in manifests.resources),
    )


def spec_digest(resource: AnyResource) -> str:
    """Return a hash of the spec as it was written, so that a default of a later version changes nothing."""
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(resource, IngestTask):
        spec = {field: value for field, value in spec.items() if field not in _MUTABLE_IN_A_TASK}
    return fingerprint(json.dumps(spec, sort_keys=True))


def _problem(resource: AnyResource, old: StoredObject | None) -> FieldProblem | None:
    if old is None:
        return None
    if old.manifest is not None:
        return FieldProblem("metadata.name", f"must not be that of a task that was created by an upload: {old.key}")
    if isinstance(resource, IngestTask) and old.digest != spec_digest(resource):
        return FieldProblem("spec", f"must not change once the task is there: give {old.key} a new name")
    return None


def _respecified(
    resources: Mapping[ResourceKey, AnyResource], stored: Mapping[ResourceKey, StoredObject]
) -> list[StoredObject]:
    return [
        StoredObject(key, old.uid, old.generation + 1, digest, old.created_at)
        for key, resource in resources.items()
        if (old := stored.get(key)) is not None and old.digest != (digest := spec_digest(resource))
    ]
