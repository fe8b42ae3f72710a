"""Objects that are left alone: paused ones, and ones that this version can't read."""

from dataclasses import dataclass

from kubelore.resources.base import (
    PAUSED_ANNOTATION,
    SKIP_CLEANUP_ANNOTATION,
    ObjectMeta,
    ResourceKey,
    Status,
)
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.observed import Context, OwnResource
from kubelore_operator.reconcile.plan import Plan


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object whose spec doesn't fit the models, because another version's CRD let it through.

    `may_own_data` says that its deletion has to remove data, if its spec is read as well as it can be.
    """

    key: ResourceKey
    metadata: ObjectMeta
    status: Status
    why: str
    may_own_data: bool = False


def pause(resource: OwnResource, context: Context) -> Plan:
    """Say that nothing is done, and leave the rest of the status as it was."""
    kind = _summary_type(resource.key)
    old = resource.status.condition(kind)
    known = {"True": True, "False": False}.get(old.status) if old is not None else None
    message = f"nothing is done for it while it has the annotation {PAUSED_ANNOTATION}; remove it to go on"
    finding = Finding(kind, Reason.PAUSED, message, status=known)
    return Plan(status=report(resource, resource.status, context.now, finding))


def refuse(unreadable: Unreadable, context: Context) -> Plan:
    """Say what is wrong with it; one that is being deleted goes, unless its data would stay behind unseen."""
    message = f"{unreadable.why}; correct the spec, or upgrade the operator"
    if unreadable.metadata.deletion_timestamp is not None:
        if not unreadable.may_own_data or unreadable.metadata.annotations.get(SKIP_CLEANUP_ANNOTATION) == "true":
            return Plan(finalizer=False)
        message = f'{message}; to leave its data, annotate it with {SKIP_CLEANUP_ANNOTATION}="true"'
    finding = Finding(_summary_type(unreadable.key), Reason.INVALID_SPEC, message, status=False)
    return Plan(status=report(unreadable, unreadable.status, context.now, finding))


def _summary_type(key: ResourceKey) -> ConditionType:
    return ConditionType.SUCCEEDED if key.kind == IngestTask.info.kind else ConditionType.READY
