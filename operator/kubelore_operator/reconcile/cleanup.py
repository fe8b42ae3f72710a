"""What happens when a knowledge base is deleted."""

from collections.abc import Sequence

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, job_for_knowledge_base
from kubelore.resources.base import FINALIZER, SKIP_CLEANUP_ANNOTATION
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import DeletionPolicy, KnowledgeBase
from kubelore_operator.reconcile.errands import Errand, ErrandRunner, ErrandState
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.observed import Context, Job, JobState, KnowledgeBaseWorld
from kubelore_operator.reconcile.plan import Plan

_SECONDS_AFTER_A_CRON_JOB = 1
_WAY_OUT = f'to give up and leave the data, annotate the KnowledgeBase with {SKIP_CLEANUP_ANNOTATION}="true"'


def clean_up(kb: KnowledgeBase, world: KnowledgeBaseWorld, context: Context) -> Plan:
    """Let it go at once, or remove its rows and objects first: when nobody writes any more, by one Job."""
    if FINALIZER not in kb.metadata.finalizers:
        return Plan()
    if kb.spec.deletion_policy is DeletionPolicy.RETAIN or _is_skipped(kb):
        return _let_go(world)
    if world.cron_jobs:
        return Plan(delete=world.cron_jobs, requeue=_SECONDS_AFTER_A_CRON_JOB)
    running = [job for job in (*world.jobs, *world.task_jobs) if _writes(job)]
    if running or world.writing_pods:
        return _stop(kb, running, world.writing_pods, context)
    spec = job_for_knowledge_base(kb, EmbedderConfig(), JobOperation.PURGE)
    errand = ErrandRunner(kb, None, spec, context).advance(world)
    return _let_go(world) if errand.state is ErrandState.DONE else _purge(kb, errand, context)


def _is_skipped(kb: KnowledgeBase) -> bool:
    return kb.metadata.annotations.get(SKIP_CLEANUP_ANNOTATION) == "true"


def _let_go(world: KnowledgeBaseWorld) -> Plan:
    return Plan(delete_last=tuple(job.key for job in world.jobs), finalizer=False)


def _writes(job: Job) -> bool:
    return job.operation != JobOperation.PURGE and job.state is JobState.RUNNING


def _stop(kb: KnowledgeBase, running: Sequence[Job], pods: Sequence[str], context: Context) -> Plan:
    names = ", ".join(sorted({*(job.key.name for job in running), *pods}))
    finding = _not_ready(Reason.DELETING, f"waiting for those who still write to stop: {names}")
    return Plan(
        delete=tuple(job.key for job in running if not job.is_deleting),
        status=report(kb, kb.status, context.now, finding),
    )


def _purge(kb: KnowledgeBase, errand: Errand, context: Context) -> Plan:
    return Plan(
        apply=errand.apply,
        delete=errand.delete,
        status=report(kb, kb.status, context.now, _progress(errand, context)),
        requeue=errand.requeue,
    )


def _progress(errand: Errand, context: Context) -> Finding:
    if context.refusal is not None:
        return _not_ready(Reason.CLEANUP_FAILED, f"{context.refusal}; {_WAY_OUT}")
    if errand.failure is not None:
        return _not_ready(Reason.CLEANUP_FAILED, f"{errand.failure.message}; it is tried again; {_WAY_OUT}")
    if errand.problem is not None:
        return _not_ready(Reason.CLEANUP_FAILED, f"{errand.problem.message}; {_WAY_OUT}")
    return _not_ready(Reason.DELETING, "its rows and objects are being removed")


def _not_ready(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.READY, reason, message, status=False)
