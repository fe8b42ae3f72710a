"""What to do for a knowledge base."""

from dataclasses import replace

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, job_for_knowledge_base
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.cleanup import clean_up
from kubelore_operator.reconcile.dependencies import embedder_of
from kubelore_operator.reconcile.errands import Errand, ErrandRunner, ErrandState
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.generations import prepared, reindexing
from kubelore_operator.reconcile.observed import Context, KnowledgeBaseWorld
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.storage import reachable, storage_after, unreachable
from kubelore_operator.reconcile.sync import sync_failed, sync_manifests, synced, with_sync
from kubelore_operator.reconcile.throttle import paced
from kubelore_operator.reconcile.totals import with_totals


def reconcile(kb: KnowledgeBase, world: KnowledgeBaseWorld, context: Context) -> Plan:
    """Have its collection made once its embedder is there, keep its counts, and clean up behind it."""
    if kb.is_being_deleted:
        return clean_up(kb, world, context)
    embedder = embedder_of(kb, world.llm_server)
    if isinstance(embedder, Finding):
        plan = Plan(status=report(kb, kb.status, context.now, embedder))
    elif kb.status.generation.active == 0:
        plan = _prepare(kb, embedder, world, context)
    else:
        plan = _serve(kb, embedder, world, context)
    return replace(plan, finalizer=True)


def _prepare(kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context) -> Plan:
    spec = job_for_knowledge_base(kb, embedder, JobOperation.PREPARE)
    runner = ErrandRunner(kb, world.llm_server, spec, context)
    errand = runner.advance(world)
    if errand.state is ErrandState.DONE:
        if errand.report is not None:
            return Plan(delete=errand.delete, status=_ready(kb, prepared(kb, errand.report), context, errand))
        errand = runner.again(world)
    return Plan(
        apply=errand.apply,
        delete=errand.delete,
        status=report(kb, kb.status, context.now, *_preparing(errand, context)),
        requeue=errand.requeue,
    )


def _preparing(errand: Errand, context: Context) -> tuple[Finding, ...]:
    if context.refusal is not None:
        return (_not_ready(Reason.REFUSED, context.refusal),)
    if errand.failure is not None:
        not_ready = _not_ready(Reason.PREPARE_FAILED, f"{errand.failure.message}; it is tried again")
        return (not_ready, *unreachable(errand.failure))
    message = errand.problem.message if errand.problem else "the collection is being made"
    return (_not_ready(Reason.PREPARING_COLLECTION, message),)


def _ready(kb: KnowledgeBase, status: KnowledgeBaseStatus, context: Context, errand: Errand) -> KnowledgeBaseStatus:
    abilities = errand.report.abilities if errand.report else ()
    return report(kb, status, context.now, _answers(status), reachable(abilities), reindexing(kb, status))


def _serve(kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context) -> Plan:
    counted = with_sync(with_totals(kb.status, world.reports), world)
    findings = (
        _answers(counted),
        *storage_after(kb.status, world.reports),
        reindexing(kb, counted),
        *_synced(kb, counted, world, context),
    )
    status = report(kb, counted, context.now, *findings)
    only_counts = status.conditions == kb.status.conditions
    status_now, later = paced(kb.status, status, context, urgent=not only_counts)
    return Plan(
        apply=sync_manifests(kb, embedder, world, context),
        delete=() if kb.spec.sync is not None else world.cron_jobs,
        status=status_now,
        requeue=later,
    )


def _synced(
    kb: KnowledgeBase, status: KnowledgeBaseStatus, world: KnowledgeBaseWorld, context: Context
) -> tuple[Finding, ...]:
    return (sync_failed(context.refusal),) if context.refusal else synced(kb, status, world)


def _answers(status: KnowledgeBaseStatus) -> Finding:
    message = f"collection {status.collection} is ready"
    return Finding(ConditionType.READY, Reason.COLLECTION_READY, message, status=True)


def _not_ready(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.READY, reason, message, status=False)
