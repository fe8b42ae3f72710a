"""Which changes of a status are told as Kubernetes Events."""

from dataclasses import dataclass

from kubelore.resources.base import Condition, Status
from kubelore.resources.conditions import Reason

_ROUTINE = frozenset(
    {
        Reason.DEPLOYING,
        Reason.MODEL_LOADED,
        Reason.NOT_FINISHED,
        Reason.PLANNING,
        Reason.PODS_NOT_READY,
        Reason.RUNNING,
        Reason.SYNC_PENDING,
        Reason.UP_TO_DATE,
        Reason.VERIFYING,
    }
)
"""What everything goes through, and what says less than another condition that changes with it."""

_WARNINGS = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.REFUSED,
        Reason.CLEANUP_FAILED,
        Reason.PREPARE_FAILED,
        Reason.UNSCHEDULABLE,
        Reason.QUOTA_EXCEEDED,
        Reason.IMAGE_PULL_FAILED,
        Reason.CONTAINER_NOT_STARTED,
        Reason.CRASH_LOOP,
        Reason.OUT_OF_MEMORY,
        Reason.PROBE_FAILING,
        Reason.MODEL_FETCH_FAILED,
        Reason.MODEL_MISSING,
        Reason.STORAGE_UNREACHABLE,
        Reason.SYNC_FAILED,
        Reason.DELETIONS_REFUSED,
        Reason.REINDEX_FAILED,
        Reason.GENERATION_NOT_FOUND,
        Reason.REBUILDING,
        Reason.VERIFY_FAILED,
        Reason.INCONSISTENT,
        Reason.LLM_SERVER_NOT_FOUND,
        Reason.LLM_SERVER_UNSUITABLE,
        Reason.KNOWLEDGE_BASE_NOT_FOUND,
        Reason.COMPLETED_WITH_FAILURES,
        Reason.DOCUMENT_FAILED,
        Reason.JOB_FAILED,
        Reason.DEADLINE_EXCEEDED,
    }
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told of a resource at a transition."""

    reason: str
    message: str
    is_warning: bool


def announcements(old: Status, new: Status) -> tuple[Announcement, ...]:
    """Return one announcement for each reason that a condition has come to have, in the conditions' order."""
    changed = [condition for condition in new.conditions if _has_turned(old.condition(condition.type), condition)]
    told = {condition.reason: condition for condition in reversed(changed) if condition.reason not in _ROUTINE}
    return tuple(_announcement(condition) for condition in reversed(told.values()))


def _has_turned(old: Condition | None, new: Condition) -> bool:
    return old is None or (old.status, old.reason) != (new.status, new.reason)


def _announcement(condition: Condition) -> Announcement:
    return Announcement(condition.reason, condition.message or condition.reason, condition.reason in _WARNINGS)
