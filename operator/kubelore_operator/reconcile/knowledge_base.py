"""What to do for a knowledge base."""

from dataclasses import replace

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, job_for_knowledge_base
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.generations import answering
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.cleanup import clean_up
from kubelore_operator.reconcile.dependencies import embedder_of
from kubelore_operator.reconcile.errands import Errand, ErrandRunner, ErrandState
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.generations import answers, at_rest, prepared
from kubelore_operator.reconcile.maintenance import maintain
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
    embedder = embedder_of(answering(kb), world.llm_server)
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
    return report(kb, status, context.now, answers(status), reachable(abilities), at_rest(kb))


def _serve(kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context) -> Plan:
    counted = kb.model_copy(update={"status": with_sync(with_totals(kb.status, world.reports), world)})
    upkeep = maintain(counted, embedder, world, context)
    stores = storage_after(kb.status, world.reports)
    findings = (*stores, *upkeep.findings, *_synced(kb, upkeep.status, world, context))
    status = report(kb, upkeep.status, context.now, *findings)
    status_now, later = paced(kb.status, status, context, urgent=_matters(kb.status, status))
    return Plan(
        apply=(*upkeep.apply, *sync_manifests(answering(kb), embedder, world, context)),
        delete=(*upkeep.delete, *(() if kb.spec.sync is not None else world.cron_jobs)),
        status=status_now,
        requeue=min((seconds for seconds in (later, upkeep.requeue) if seconds is not None), default=None),
    )


def _synced(
    kb: KnowledgeBase, status: KnowledgeBaseStatus, world: KnowledgeBaseWorld, context: Context
) -> tuple[Finding, ...]:
    return (sync_failed(context.refusal),) if context.refusal else synced(kb, status, world)


def _matters(old: KnowledgeBaseStatus, new: KnowledgeBaseStatus) -> bool:
    """Say whether more has changed than counts and progress."""
    told = [[(each.type, each.status, each.reason) for each in status.conditions] for status in (old, new)]
    progress = {"progress": None}
    generations = [status.generation.model_copy(update=progress) for status in (old, new)]
    return told[0] != told[1] or generations[0] != generations[1] or old.verification != new.verification


def _not_ready(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.READY, reason, message, status=False)
