"""Condition types and reasons, and how a condition changes."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from kubelore.resources.base import Condition


class ConditionType(StrEnum):
    """The aspects that are reported."""

    READY = "Ready"
    MODEL_AVAILABLE = "ModelAvailable"
    PROGRESSING = "Progressing"
    REINDEXING = "Reindexing"
    STORAGE_REACHABLE = "StorageReachable"
    SYNCED = "Synced"
    CONSISTENT = "Consistent"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class Reason(StrEnum):
    """Why a condition is as it is."""

    READY = "Ready"
    PAUSED = "Paused"
    INVALID_SPEC = "InvalidSpec"
    REFUSED = "Refused"
    DELETING = "Deleting"
    CLEANUP_FAILED = "CleanupFailed"
    DEPLOYING = "Deploying"
    PODS_NOT_READY = "PodsNotReady"
    SCALED_TO_ZERO = "ScaledToZero"
    EXTERNAL_ENDPOINT = "ExternalEndpoint"
    ENGINE_UNAVAILABLE = "EngineUnavailable"
    UNSCHEDULABLE = "Unschedulable"
    QUOTA_EXCEEDED = "QuotaExceeded"
    IMAGE_PULL_FAILED = "ImagePullFailed"
    CONTAINER_NOT_STARTED = "ContainerNotStarted"
    CRASH_LOOP = "CrashLoop"
    OUT_OF_MEMORY = "OutOfMemory"
    PROBE_FAILING = "ProbeFailing"
    MODEL_LOADED = "ModelLoaded"
    MODEL_LOADING = "ModelLoading"
    MODEL_FETCHING = "ModelFetching"
    MODEL_FETCH_FAILED = "ModelFetchFailed"
    MODEL_MISSING = "ModelMissing"
    LLM_SERVER_NOT_FOUND = "LLMServerNotFound"
    LLM_SERVER_NOT_READY = "LLMServerNotReady"
    LLM_SERVER_UNSUITABLE = "LLMServerUnsuitable"
    PREPARING_COLLECTION = "PreparingCollection"
    PREPARE_FAILED = "PrepareFailed"
    COLLECTION_READY = "CollectionReady"
    STORAGE_REACHABLE = "StorageReachable"
    STORAGE_UNREACHABLE = "StorageUnreachable"
    UP_TO_DATE = "UpToDate"
    REINDEX_FAILED = "ReindexFailed"
    BUILDING = "Building"
    SWITCHING = "Switching"
    PINNED = "Pinned"
    GENERATION_NOT_FOUND = "GenerationNotFound"
    REBUILDING = "Rebuilding"
    VERIFIED = "Verified"
    VERIFYING = "Verifying"
    VERIFY_FAILED = "VerifyFailed"
    INCONSISTENT = "Inconsistent"
    KNOWLEDGE_BASE_NOT_FOUND = "KnowledgeBaseNotFound"
    KNOWLEDGE_BASE_NOT_READY = "KnowledgeBaseNotReady"
    KNOWLEDGE_BASE_DELETED = "KnowledgeBaseDeleted"
    SUSPENDED = "Suspended"
    IN_STEP = "InStep"
    SYNC_PENDING = "SyncPending"
    SYNC_FAILED = "SyncFailed"
    DELETIONS_REFUSED = "DeletionsRefused"
    QUEUED = "Queued"
    PLANNING = "Planning"
    RUNNING = "Running"
    COMPLETED = "Completed"
    COMPLETED_WITH_FAILURES = "CompletedWithFailures"
    DOCUMENT_FAILED = "DocumentFailed"
    JOB_FAILED = "JobFailed"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    NOT_FINISHED = "NotFinished"


def with_condition(conditions: Sequence[Condition], new: Condition) -> tuple[Condition, ...]:
    """Replace the condition of the new one's type; its transition time stays while its status does."""
    old = next((condition for condition in conditions if condition.type == new.type), None)
    if old is not None and old.status == new.status:
        new = new.model_copy(update={"last_transition_time": old.last_transition_time})
    if old is None:
        return (*conditions, new)
    return tuple(new if condition.type == new.type else condition for condition in conditions)


def make_condition(
    kind: ConditionType, *, status: bool | None, reason: Reason, message: str, generation: int, now: datetime
) -> Condition:
    """Build a condition; a status of None is Unknown."""
    return Condition(
        type=kind,
        status={True: "True", False: "False", None: "Unknown"}[status],
        reason=reason,
        message=message,
        observed_generation=generation,
        last_transition_time=now,
    )
