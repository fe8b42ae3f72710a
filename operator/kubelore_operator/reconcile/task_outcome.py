"""How a task ended, from what is left of its Job, its pods and its workers' progress."""

from collections.abc import Mapping
from dataclasses import dataclass

from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, DocumentCounts, ShardProgress, TerminationMessage
from kubelore.jobs.outcome import TaskOutcome, final_phase, summarise
from kubelore.jobs.spec import needs_plan
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import MOST_FAILURES_IN_STATUS, IngestTask, Source, TaskPhase
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Job, JobState
from kubelore_operator.reconcile.reports import latest_ends, parse_report, settled_reports, why_failed

_DEADLINE_EXCEEDED = "DeadlineExceeded"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a task ended, and why in one sentence."""

    phase: TaskPhase
    documents: DocumentCounts
    chunks: int
    failures: tuple[Failure, ...]
    reason: Reason
    message: str

    @property
    def progress(self) -> str:
        """Documents done of all, such as `12/80`."""
        return f"{self.documents.done}/{self.documents.total}"

    @property
    def findings(self) -> tuple[Finding, Finding]:
        """The two conditions of a task that has ended."""
        succeeded = self.phase is TaskPhase.COMPLETED
        return (
            Finding(ConditionType.SUCCEEDED, self.reason, self.message, status=succeeded),
            Finding(ConditionType.FAILED, self.reason, self.message, status=not succeeded),
        )


def judge(task: IngestTask, job: Job) -> Verdict:
    """Judge a task whose Job has ended."""
    if job.state is JobState.FAILED:
        return _judge_failed(task, job)
    return _judge_complete(summarise(progress_of(task), settled_reports(job), planned_documents(task)))


def judge_by_progress(task: IngestTask) -> Verdict:
    """Judge a task whose Job went unread, by the last that its workers wrote into the status."""
    return _judge_complete(summarise(progress_of(task), {}, planned_documents(task)))


def judge_without_documents() -> Verdict:
    """Judge a task whose source named nothing."""
    return _judge_complete(summarise({}, {}))


def all_shards_are_done(task: IngestTask) -> bool:
    """Say whether every worker reported that it came to the end of its share."""
    plan, progress = task.status.plan, progress_of(task)
    if plan is None and needs_plan(task):
        return False
    shards = plan.shards if plan is not None else 1
    documents = [progress[shard].documents for shard in range(shards) if shard in progress]
    some = any(counts.total > 0 for counts in documents)
    return some and len(documents) == shards and all(counts.done == counts.total for counts in documents)


def judge_without_knowledge_base(task: IngestTask) -> Verdict:
    """Judge a task that was stopped because its knowledge base is going, data and all."""
    outcome = summarise(progress_of(task), {}, planned_documents(task))
    name = f"KnowledgeBase {task.metadata.namespace}/{task.spec.knowledge_base_ref.name}"
    message = f"{name} is being deleted with its data; make a new task once there is a new one"
    return _failed(outcome, outcome.failures, Reason.KNOWLEDGE_BASE_DELETED, message)


def progress_of(task: IngestTask) -> Mapping[int, ShardProgress]:
    """Return what the workers wrote into the status, by shard."""
    return {int(shard): progress for shard, progress in task.status.shards.items() if shard.isdecimal()}


def planned_documents(task: IngestTask) -> int:
    """Return how many documents the task was planned with; 0 before that, and for a task that needs no plan."""
    return task.status.plan.documents if task.status.plan is not None else 0


def _judge_complete(outcome: TaskOutcome) -> Verdict:
    documents = outcome.documents
    if final_phase(documents) is TaskPhase.FAILED:
        first = f": {outcome.failures[0].message}" if outcome.failures else ""
        message = f"none of {documents.total} documents came in{first}"
        return _failed(outcome, outcome.failures, Reason.DOCUMENT_FAILED, message)
    message = f"{documents.succeeded} came in, {documents.skipped} unchanged, {documents.failed} failed"
    return Verdict(
        phase=TaskPhase.COMPLETED,
        documents=documents,
        chunks=outcome.chunks,
        failures=outcome.failures,
        reason=Reason.COMPLETED_WITH_FAILURES if documents.failed else Reason.COMPLETED,
        message=f"{message}; see status.failures" if documents.failed else message,
    )


def _judge_failed(task: IngestTask, job: Job) -> Verdict:
    one_document = document_of(task.spec.source)
    why = why_failed(job, one_document or f"IngestTask {task.metadata.namespace}/{task.metadata.name}")
    ends = latest_ends(job.pods)
    reports = {shard: message for shard, ended in ends.items() if (message := parse_report(ended)) is not None}
    if one_document and not reports:
        reports = {0: TerminationMessage(documents=DocumentCounts(total=1, failed=1), failures=(why,))}
    outcome = summarise(progress_of(task), reports, planned_documents(task))
    failures = (why, *(failure for failure in outcome.failures if failure != why))
    return _failed(outcome, failures, _reason(job), why.message)


def _reason(job: Job) -> Reason:
    if job.reason == _DEADLINE_EXCEEDED:
        return Reason.DEADLINE_EXCEEDED
    bad = any(ended.exit_code == EXIT_DOCUMENT_IS_BAD for ended in latest_ends(job.pods).values())
    return Reason.DOCUMENT_FAILED if bad else Reason.JOB_FAILED


def _failed(outcome: TaskOutcome, failures: tuple[Failure, ...], reason: Reason, message: str) -> Verdict:
    return Verdict(
        phase=TaskPhase.FAILED,
        documents=outcome.documents,
        chunks=outcome.chunks,
        failures=failures[:MOST_FAILURES_IN_STATUS],
        reason=reason,
        message=message,
    )


def document_of(source: Source) -> str:
    """Return what a source that is one document is known by; nothing for a prefix."""
    if source.object is not None:
        return source.object.document_name or source.object.key
    if source.url is not None:
        return source.url.url
    if source.config_map is not None:
        return source.config_map.key
    return source.inline.filename if source.inline is not None else ""
