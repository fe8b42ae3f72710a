"""What to do for a task."""

from dataclasses import replace
from datetime import datetime

from kubelore.clock import timestamp
from kubelore.jobs.spec import needs_plan
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import Reason
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import DeletionPolicy
from kubelore_operator.reconcile.dependencies import companions, embedder_of, missing_knowledge_base
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.observed import Context, IngestTaskWorld, Job, JobState
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.reports import SECONDS_FOR_REPORTS, all_are_in
from kubelore_operator.reconcile.task_job import TaskJobs
from kubelore_operator.reconcile.task_outcome import (
    Verdict,
    all_shards_are_done,
    judge,
    judge_by_progress,
    judge_without_documents,
    judge_without_knowledge_base,
)
from kubelore_operator.reconcile.task_plan import await_plan, with_plan
from kubelore_operator.reconcile.task_progress import await_turn, pending, show_progress


def reconcile(task: IngestTask, world: IngestTaskWorld, context: Context) -> Plan:
    """Start its Job when it can start, follow it, and say how it ended; what has ended never starts again."""
    if task.is_being_deleted:
        return Plan()
    if task.status.phase.is_final:
        return _expire(task, context)
    if task.spec.suspend:
        return _suspend(task, world, context)
    task = with_plan(task, world.plan_job)
    return _start(task, world, context) if world.job is None else _go_on(task, world.job, world, context)


def _expire(task: IngestTask, context: Context) -> Plan:
    ttl, finished_at = task.spec.ttl_seconds_after_finished, task.status.finished_at
    if ttl is None or finished_at is None:
        return Plan()
    left = ttl - (context.now - datetime.fromisoformat(finished_at)).total_seconds()
    return Plan(delete_resource=True) if left <= 0 else Plan(requeue=left)


def _data_is_going(world: IngestTaskWorld) -> bool:
    kb = world.knowledge_base
    return kb is not None and kb.is_being_deleted and kb.spec.deletion_policy is DeletionPolicy.DELETE


def _ended_unread(task: IngestTask) -> bool:
    """Say whether the Job came to its end and went while nobody looked."""
    return task.status.started_at is not None and all_shards_are_done(task)


def _suspend(task: IngestTask, world: IngestTaskWorld, context: Context) -> Plan:
    status = pending(task, Reason.SUSPENDED, "the task waits while spec.suspend is true", context)
    return Plan(delete=_stop(world.plan_job, world.job), status=status)


def _stop(*jobs: Job | None) -> tuple[ResourceKey, ...]:
    return tuple(job.key for job in jobs if job is not None and not job.is_deleting)


def _start(task: IngestTask, world: IngestTaskWorld, context: Context) -> Plan:
    if _ended_unread(task):
        return _end(task, judge_by_progress(task), context)
    if task.status.plan is not None and task.status.plan.shards == 0:
        return _end(task, judge_without_documents(), context)
    kb = world.knowledge_base
    missing = missing_knowledge_base(task, kb)
    if kb is None or missing is not None:
        return _wait(task, missing, context)
    embedder = embedder_of(kb, world.llm_server)
    if isinstance(embedder, Finding):
        return _wait(task, embedder, context)
    also = companions(kb, world.llm_servers)
    return _next_job(task, TaskJobs(task, kb, world.llm_server, embedder, context.settings, also), world, context)


def _next_job(task: IngestTask, jobs: TaskJobs, world: IngestTaskWorld, context: Context) -> Plan:
    """Have the documents shared out first, where their number decides how many workers there are."""
    if world.turn is not None and not world.turn.may_start:
        return await_turn(task, world.turn, context)
    refused = pending(task, Reason.REFUSED, context.refusal, context) if context.refusal else None
    if not needs_plan(task):
        return Plan(apply=jobs.work(None), status=refused)
    if task.status.plan is not None:
        return Plan(apply=jobs.work(task.status.plan), status=refused or task.status)
    if world.plan_job is None:
        return Plan(apply=(jobs.plan(),), status=refused)
    if world.plan_job.state is JobState.FAILED:
        return _judge_once_read(task, world.plan_job, context)
    return await_plan(task, world.plan_job, context)


def _go_on(task: IngestTask, job: Job, world: IngestTaskWorld, context: Context) -> Plan:
    if _data_is_going(world):
        return replace(_end(task, judge_without_knowledge_base(task), context), delete=_stop(job))
    if job.state is JobState.RUNNING:
        return show_progress(task, job, context)
    return _judge_once_read(task, job, context)


def _judge_once_read(task: IngestTask, job: Job, context: Context) -> Plan:
    since_end = (context.now - (job.finished_at or job.created_at)).total_seconds()
    if not all_are_in(job) and since_end < SECONDS_FOR_REPORTS:
        return Plan(requeue=1)
    return _end(task, judge(task, job), context)


def _wait(task: IngestTask, finding: Finding | None, context: Context) -> Plan:
    if finding is None:
        return Plan()
    return Plan(status=pending(task, finding.reason, finding.message, context))


def _end(task: IngestTask, verdict: Verdict, context: Context) -> Plan:
    now = timestamp(context.now)
    status = task.status.model_copy(
        update={
            "phase": verdict.phase,
            "documents": verdict.documents,
            "chunks": verdict.chunks,
            "progress": verdict.progress,
            "failures": verdict.failures,
            "started_at": task.status.started_at or now,
            "finished_at": now,
        }
    )
    return Plan(status=report(task, status, context.now, *verdict.findings))
