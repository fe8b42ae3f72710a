"""Has a knowledge base's rows compared with what is kept, and filled in again where they are gone as a whole."""

from collections.abc import Iterable
from datetime import datetime

from kubelore.documents.record import Failure
from kubelore.embedding.config import EmbedderConfig
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import JobOperation, JobSpec, job_for_knowledge_base
from kubelore.jobs.verification import VerificationRequest, rebuilt, verified
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.errands import ErrandRunner, ErrandState
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Context, Ended, KnowledgeBaseWorld
from kubelore_operator.reconcile.reports import parse_report
from kubelore_operator.reconcile.upkeep import Upkeep


def needs_rebuild(kb: KnowledgeBase, reports: Iterable[Ended]) -> bool:
    """Say whether the collection or its alias is gone, as a comparison or a task's worker found."""
    checked_at = kb.status.verification.checked_at
    since = datetime.fromisoformat(checked_at) if checked_at else None
    return bool(kb.status.verification.missing) or any(_found_none(ended, since) for ended in reports)


def rebuild(kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    """Fill the collection again from what is kept; nothing is embedded."""
    runner = ErrandRunner(kb, world.llm_server, rebuild_job(kb, embedder), context)
    errand = runner.advance(world)
    if errand.state is ErrandState.DONE:
        found = errand.report.verification if errand.report is not None else None
        status = kb.status.model_copy(update={"verification": rebuilt(kb.status.verification, found, context.now)})
        return Upkeep(status, (consistency(status),), delete=runner.finished(world))
    return Upkeep.of(errand, kb.status, being_rebuilt(errand.failure))


def verify(
    kb: KnowledgeBase,
    request: VerificationRequest,
    embedder: EmbedderConfig,
    world: KnowledgeBaseWorld,
    context: Context,
) -> Upkeep:
    """Compare, and put right what doesn't fit where that was asked for."""
    runner = ErrandRunner(kb, world.llm_server, verify_job(kb, embedder, request), context)
    errand = runner.advance(world)
    if errand.state is not ErrandState.DONE:
        return Upkeep.of(errand, kb.status, being_verified(errand.failure))
    if errand.report is None or errand.report.verification is None:
        return Upkeep.of(runner.again(world), kb.status, being_verified(None))
    found = verified(request, errand.report.verification, context.now)
    status = kb.status.model_copy(update={"verification": found})
    return Upkeep(status, (consistency(status),), delete=runner.finished(world))


def rebuild_job(kb: KnowledgeBase, embedder: EmbedderConfig) -> JobSpec:
    """Describe the refilling of the generation that answers; each loss is one of its own."""
    spec = job_for_knowledge_base(kb, embedder, JobOperation.REBUILD)
    return spec.model_copy(update={"request": kb.status.verification.checked_at or ""})


def verify_job(kb: KnowledgeBase, embedder: EmbedderConfig, request: VerificationRequest) -> JobSpec:
    """Describe one comparison in the generation that answers."""
    token = f"{request.token} after {kb.status.verification.checked_at}"
    spec = job_for_knowledge_base(kb, embedder, JobOperation.VERIFY)
    return spec.model_copy(update={"request": token, "repair": request.repair})


def consistency(status: KnowledgeBaseStatus) -> Finding:
    """Say what the last comparison found."""
    found = status.verification
    wrong = found.gaps + found.orphans
    if found.missing:
        return _consistent(Reason.REBUILDING, f"the {' and the '.join(found.missing)} is missing", status=False)
    if wrong > found.repaired:
        first = f": {found.examples[0]}" if found.examples else ""
        message = (
            f"{found.gaps} documents lack rows, {found.orphans} are gone and left some{first}; "
            "see status.verification, and set the annotation kubelore.io/repair to have it put right"
        )
        return _consistent(Reason.INCONSISTENT, message, status=False)
    repaired = f", {found.repaired} documents put right" if found.repaired else ""
    message = f"{found.rows} rows of {found.documents} documents are those that are recorded{repaired}"
    return _consistent(Reason.VERIFIED, message, status=True)


def being_verified(failure: Failure | None) -> Finding:
    """Say that the comparison is at work, or why it could not be done yet."""
    if failure is not None:
        return _consistent(Reason.VERIFY_FAILED, f"{failure.message}; it is tried again", status=None)
    return _consistent(Reason.VERIFYING, "what is searched is compared with what is kept", status=None)


def being_rebuilt(failure: Failure | None) -> Finding:
    """Say that the collection is being filled again, so that nobody searches it meanwhile."""
    trouble = f"; {failure.message}; it is tried again" if failure is not None else ""
    message = f"the collection or its alias is missing, and is made again from what is kept{trouble}"
    return Finding(ConditionType.READY, Reason.REBUILDING, message, status=False)


def _found_none(ended: Ended, since: datetime | None) -> bool:
    if since is not None and (ended.finished_at is None or ended.finished_at <= since):
        return False
    message = parse_report(ended)
    return message is not None and any(each.code is ErrorCode.COLLECTION_NOT_FOUND for each in message.failures)


def _consistent(reason: Reason, message: str, *, status: bool | None) -> Finding:
    return Finding(ConditionType.CONSISTENT, reason, message, status=status)
