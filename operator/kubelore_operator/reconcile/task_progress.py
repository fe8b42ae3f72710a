"""What a task's status says while it waits or works."""

from kubelore.clock import timestamp
from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, EXIT_OK, DocumentCounts
from kubelore.jobs.outcome import TaskOutcome, summarise
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.observed import Context, Job
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.pods import problem_of
from kubelore_operator.reconcile.reports import latest_ends, settled_reports, why_failed
from kubelore_operator.reconcile.task_outcome import planned_documents, progress_of
from kubelore_operator.reconcile.throttle import paced
from kubelore_operator.reconcile.turns import Turn

_SECONDS_FOR_A_POD = 60
_SECONDS_TO_NEXT_TURN = 1.0
_SECONDS_PER_TASK_BEFORE = 0.1
_MOST_SECONDS_TO_NEXT_TURN = 60.0
_SECONDS_BETWEEN_COUNTS = 30.0
_SETTLED = {EXIT_OK, EXIT_DOCUMENT_IS_BAD}


def pending(task: IngestTask, reason: Reason, message: str, context: Context) -> IngestTaskStatus:
    """Return the status of a task that waits, and on what."""
    status = task.status.model_copy(update={"phase": TaskPhase.PENDING})
    return report(task, status, context.now, *_unfinished(reason, message))


def await_turn(task: IngestTask, turn: Turn, context: Context) -> Plan:
    """Say how many tasks start first; those that are far from their turn look again less often."""
    again = min(_SECONDS_TO_NEXT_TURN + turn.before * _SECONDS_PER_TASK_BEFORE, _MOST_SECONDS_TO_NEXT_TURN)
    told = task.status.condition(ConditionType.SUCCEEDED)
    was_told = told is not None and told.reason == Reason.QUEUED
    if was_told and context.seconds_since_status < _SECONDS_BETWEEN_COUNTS:
        return Plan(requeue=again)
    message = (
        f"{turn.before} tasks of namespace {task.metadata.namespace} start before it; "
        f"{turn.most} ingest pods may run there at once"
    )
    return Plan(status=pending(task, Reason.QUEUED, message, context), requeue=again)


def show_progress(task: IngestTask, job: Job, context: Context) -> Plan:
    """Show how far a running Job is, or what keeps it from running; nothing that its end will tell in a moment."""
    if job.is_deleting:
        return Plan()
    if not _has_started(task, job):
        return _not_started(task, job, context)
    reports = settled_reports(job)
    if len(reports) >= job.completions:
        return Plan()
    outcome = summarise(progress_of(task), reports, planned_documents(task))
    status = _running(task, outcome, _running_message(task, job), context)
    if status.model_copy(update={"chunks": task.status.chunks}) == task.status:
        return Plan()
    first = task.status.phase is TaskPhase.PENDING
    status_now, later = paced(task.status, status, context, urgent=first)
    return Plan(status=status_now, requeue=later)


def _has_started(task: IngestTask, job: Job) -> bool:
    return bool(task.status.shards) or any(pod.has_started for pod in job.pods)


def _not_started(task: IngestTask, job: Job, context: Context) -> Plan:
    problem = problem_of(job)
    if problem is not None:
        return Plan(status=pending(task, problem.reason, problem.message, context))
    left = _SECONDS_FOR_A_POD - (context.now - job.created_at).total_seconds()
    if job.pods or left > 0:
        return Plan(requeue=None if job.pods else left)
    message = f"Job {job.key.name} has no pod yet; kubectl describe job {job.key.name} says why"
    return Plan(status=pending(task, Reason.PODS_NOT_READY, message, context))


def _running(task: IngestTask, outcome: TaskOutcome, message: str, context: Context) -> IngestTaskStatus:
    documents = _at_least_one(task, outcome.documents)
    status = task.status.model_copy(
        update={
            "phase": outcome.phase,
            "documents": documents,
            "chunks": outcome.chunks,
            "progress": f"{documents.done}/{documents.total}",
            "failures": outcome.failures,
            "started_at": task.status.started_at or timestamp(context.now),
        }
    )
    return report(task, status, context.now, *_unfinished(Reason.RUNNING, message))


def _at_least_one(task: IngestTask, counted: DocumentCounts) -> DocumentCounts:
    """Count the only document of a task before its worker does."""
    if task.spec.source.prefix is not None or counted.total > 0:
        return counted
    return DocumentCounts(total=1)


def _running_message(task: IngestTask, job: Job) -> str:
    """Say that it runs, or why the last attempt has to be made again."""
    problem = problem_of(job)
    if problem is not None:
        return problem.message
    if any(ended.exit_code not in _SETTLED for ended in latest_ends(job.pods).values()):
        return f"{why_failed(job, task.metadata.name).message}; it is tried again"
    return "the documents are being read and embedded"


def _unfinished(reason: Reason, message: str) -> tuple[Finding, Finding]:
    return (
        Finding(ConditionType.SUCCEEDED, reason, message, status=None),
        Finding(ConditionType.FAILED, Reason.NOT_FINISHED, status=False),
    )
