"""Says what has become of an IngestTask on a machine without a cluster."""

from collections.abc import Mapping
from datetime import datetime

from kubelore.clock import timestamp
from kubelore.documents.result import ShardProgress, TerminationMessage
from kubelore.jobs.outcome import summarise
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.task_outcome import Verdict, planned_documents

_AT_WORK = "the documents are being read and embedded"


def waiting(task: IngestTask, finding: Finding, now: datetime) -> IngestTaskStatus:
    """Return the status of a task that can't begin yet, or has been stopped."""
    status = task.status.model_copy(update={"phase": TaskPhase.PENDING})
    return report(task, status, now, *_unfinished(finding.reason, finding.message))


def suspended() -> Finding:
    """Say that the user has the task wait."""
    message = "the task waits while spec.suspend is true"
    return Finding(ConditionType.SUCCEEDED, status=None, reason=Reason.SUSPENDED, message=message)


def with_progress(task: IngestTask, progress: Mapping[int, ShardProgress]) -> IngestTask:
    """Return the task with its workers' progress, which they write into the status themselves in a cluster."""
    shards = {str(shard): each for shard, each in progress.items()}
    return task.model_copy(update={"status": task.status.model_copy(update={"shards": shards})})


def running(
    task: IngestTask,
    progress: Mapping[int, ShardProgress],
    reports: Mapping[int, TerminationMessage],
    trouble: str,
    now: datetime,
) -> IngestTaskStatus:
    """Return the status of a task at work; `trouble` says what went wrong on the way."""
    outcome = summarise(progress, reports, planned_documents(task))
    status = with_progress(task, progress).status.model_copy(
        update={
            "phase": outcome.phase,
            "documents": outcome.documents,
            "chunks": outcome.chunks,
            "progress": outcome.progress,
            "failures": outcome.failures,
            "started_at": task.status.started_at or timestamp(now),
        }
    )
    return report(task, status, now, *_unfinished(Reason.RUNNING, trouble or _AT_WORK))


def ended(task: IngestTask, verdict: Verdict, began: datetime, now: datetime) -> IngestTaskStatus:
    """Return the status of a task that came to its end; `began` counts where it was too quick to be seen at work."""
    documents = verdict.documents
    status = task.status.model_copy(
        update={
            "phase": verdict.phase,
            "documents": documents,
            "chunks": verdict.chunks,
            "progress": f"{documents.done}/{documents.total}",
            "failures": verdict.failures,
            "started_at": task.status.started_at or timestamp(began),
            "finished_at": timestamp(now),
        }
    )
    return report(task, status, now, *verdict.findings)


def is_expired(task: IngestTask, now: datetime) -> bool:
    """Say whether a finished task's time to live is over."""
    ttl, finished_at = task.spec.ttl_seconds_after_finished, task.status.finished_at
    if ttl is None or finished_at is None:
        return False
    return (now - datetime.fromisoformat(finished_at)).total_seconds() >= ttl


def _unfinished(reason: Reason, message: str) -> tuple[Finding, Finding]:
    return (
        Finding(ConditionType.SUCCEEDED, status=None, reason=reason, message=message),
        Finding(ConditionType.FAILED, status=False, reason=Reason.NOT_FINISHED),
    )
