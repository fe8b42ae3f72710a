"""Jobs and pods as decisions see them, with sensible defaults."""

from datetime import datetime, timedelta
from typing import Any

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore_operator.reconcile.observed import Ended, Job, JobState, Pod
from support.builders import NAMESPACE
from support.operator_plans import NOON

A_MINUTE_AGO = NOON - timedelta(minutes=1)
JOB = "pages-0123456789"


def job(*pods: Pod, state: JobState = JobState.RUNNING, **fields: Any) -> Job:
    """Build a Job that was made a minute ago, and ended just now if it ended."""
    known = {
        "key": ResourceKey("Job", NAMESPACE, JOB),
        "uid": "uid-of-job",
        "created_at": A_MINUTE_AGO,
        "finished_at": None if state is JobState.RUNNING else NOON,
        "completions": max((pod.shard for pod in pods), default=0) + 1,
    }
    return Job(**{**known, **fields}, state=state, pods=pods)


def running_pod(shard: int = 0, **fields: Any) -> Pod:
    """Build a pod whose container runs."""
    return Pod(**{"name": f"{JOB}-{shard}", "phase": "Running", "shard": shard, "has_started": True, **fields})


def ended_pod(
    message: TerminationMessage | str = "",
    *,
    exit_code: int = 0,
    shard: int = 0,
    reason: str = "",
    at: datetime = NOON,
) -> Pod:
    """Build a pod that has ended with this termination message."""
    text = message if isinstance(message, str) else message.to_json()
    return Pod(
        name=f"{JOB}-{shard}",
        phase="Failed" if exit_code else "Succeeded",
        shard=shard,
        has_started=True,
        ended=Ended(exit_code, reason or ("Error" if exit_code else "Completed"), text, at),
    )


def message(
    succeeded: int = 0, *, failed: int = 0, skipped: int = 0, chunks: int = 0, **fields: Any
) -> TerminationMessage:
    """Build the report of a worker whose documents all came to an end."""
    total = succeeded + failed + skipped
    counts = DocumentCounts(total=total, succeeded=succeeded, failed=failed, skipped=skipped)
    return TerminationMessage(documents=counts, chunks=chunks, **fields)


def failure(code: ErrorCode = ErrorCode.DOCUMENT_BROKEN, document: str = "pages/first.md") -> Failure:
    """Build why a document failed."""
    return Failure.from_error(document, KubeloreError(code, document))
