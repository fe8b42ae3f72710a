"""How a knowledge base is kept in step with a prefix, and what is told of it."""

from kubelore.documents.sync import SyncReport
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, job_for_sync
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.manifests.cron_job import cron_job
from kubelore_operator.manifests.job import Work
from kubelore_operator.manifests.metadata import Manifest, child_name
from kubelore_operator.reconcile.dependencies import companions
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Context, Job, KnowledgeBaseWorld
from kubelore_operator.reconcile.reports import latest_ends, parse_report, why_failed
from kubelore_operator.reconcile.workers import worker_labels, worker_pod

_BACKOFF_LIMIT = 2
_DEADLINE_SECONDS = 24 * 3600


def sync_manifests(
    kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context
) -> tuple[Manifest, ...]:
    """Return the CronJob of a knowledge base that is kept in step with a prefix."""
    if kb.spec.sync is None:
        return ()
    spec = job_for_sync(kb, embedder).model_copy(update={"also": companions(kb, world.llm_servers)})
    work = Work(
        name=child_name(f"{kb.metadata.name}-sync", kb.metadata.uid),
        pod=worker_pod(kb, world.llm_server, spec, context.settings),
        backoff_limit=_BACKOFF_LIMIT,
        active_deadline_seconds=_DEADLINE_SECONDS,
        ttl_seconds=context.settings.job_ttl_seconds,
        queue_name=kb.spec.ingest.queue_name,
        labels=worker_labels(kb.metadata.name, spec),
    )
    return (cron_job(kb, kb.spec.sync.schedule, work),)


def with_sync(status: KnowledgeBaseStatus, world: KnowledgeBaseWorld) -> KnowledgeBaseStatus:
    """Take over the report of the last run, unless the status holds a later one."""
    reports = [report for job in _runs(world) if (report := _report(job)) is not None]
    latest = max(reports, default=None, key=lambda report: report.finished_at)
    if latest is None or (status.sync is not None and latest.finished_at <= status.sync.finished_at):
        return status
    return status.model_copy(update={"sync": latest})


def synced(kb: KnowledgeBase, status: KnowledgeBaseStatus, world: KnowledgeBaseWorld) -> tuple[Finding, ...]:
    """Say whether the knowledge base is in step; nothing of one that is in step with nothing."""
    if kb.spec.sync is None:
        return ()
    last = max(_runs(world), default=None, key=lambda job: job.created_at)
    if last is not None and _has_failed(last):
        return (sync_failed(why_failed(last, str(kb.key)).message),)
    return (outcome_of(status.sync),)


def sync_failed(message: str) -> Finding:
    """Say that the last run did not come to its end."""
    return _finding(Reason.SYNC_FAILED, f"{message}; the next run tries again", status=False)


def outcome_of(report: SyncReport | None) -> Finding:
    """Say what the last run came to."""
    if report is None:
        return _finding(Reason.SYNC_PENDING, "the first run has not ended yet", status=None)
    if report.refusal is not None:
        return _finding(Reason.DELETIONS_REFUSED, report.refusal, status=False)
    message = (
        f"{report.added} added, {report.changed} changed, {report.deleted} deleted, {report.unchanged} unchanged, "
        f"{report.failed} failed, {report.left} left without a source"
    )
    return _finding(Reason.IN_STEP, message, status=report.failed == 0)


def _runs(world: KnowledgeBaseWorld) -> tuple[Job, ...]:
    return tuple(job for job in world.jobs if job.operation == JobOperation.SYNC)


def _report(job: Job) -> SyncReport | None:
    ended = latest_ends(job.pods).get(0)
    message = parse_report(ended) if ended is not None else None
    return message.sync if message is not None else None


def _has_failed(job: Job) -> bool:
    """Say whether a run's last attempt ended without a report."""
    return bool(latest_ends(job.pods)) and _report(job) is None


def _finding(reason: Reason, message: str, *, status: bool | None) -> Finding:
    return Finding(ConditionType.SYNCED, reason, message, status=status)
