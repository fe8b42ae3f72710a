"""What is said of a knowledge base's generations."""

from kubelore.documents.record import Failure
from kubelore.documents.result import TerminationMessage
from kubelore.jobs.generations import first
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import Generation, KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.findings import Finding


def prepared(kb: KnowledgeBase, report: TerminationMessage) -> KnowledgeBaseStatus:
    """Return the status of a knowledge base whose collection was just made."""
    return kb.status.model_copy(
        update={"collection": report.collection, "dimension": report.dimension, "generation": first(kb)}
    )


def answers(status: KnowledgeBaseStatus) -> Finding:
    """Say that searches are answered."""
    message = f"collection {status.collection} is ready"
    return Finding(ConditionType.READY, Reason.COLLECTION_READY, message, status=True)


def at_rest(kb: KnowledgeBase) -> Finding:
    """Say that nothing is being built, and why where that is the user's will."""
    status, pin = kb.status.generation, kb.spec.generations.active
    if pin is None:
        return _not_reindexing(Reason.UP_TO_DATE, "the index fits the spec")
    if pin != status.active:
        message = (
            f"spec.generations.active asks for generation {pin}, which is not kept any more; "
            f"generation {status.active} answers: remove it, or set it to a generation that status.generation names"
        )
        return _not_reindexing(Reason.GENERATION_NOT_FOUND, message)
    message = f"generation {pin} answers by spec.generations.active, whatever else the spec asks for"
    return _not_reindexing(Reason.PINNED, message)


def building(generation: Generation, progress: str | None) -> Finding:
    """Say that a generation is being filled."""
    so_far = f", {progress} documents" if progress else ""
    return _reindexing(Reason.BUILDING, f"generation {generation.number} is being built{so_far}")


def waiting_for_tasks(generation: Generation, jobs: int) -> Finding:
    """Say that tasks which don't know of the generation yet have to end first."""
    message = f"generation {generation.number} is filled; waiting for {jobs} tasks that began before it"
    return _reindexing(Reason.SWITCHING, message)


def switching(generation: Generation) -> Finding:
    """Say that a generation is being proven, and then answers."""
    return _reindexing(Reason.SWITCHING, f"generation {generation.number} is compared with what is kept, then answers")


def cannot_go_on(generation: Generation, active: int, failure: Failure) -> Finding:
    """Say why a generation does not answer yet."""
    message = f"generation {generation.number}: {failure.message}; it is tried again, and generation {active} answers"
    return _reindexing(Reason.REINDEX_FAILED, message)


def waits_for_model(generation: Generation, finding: Finding) -> Finding:
    """Say that a generation's own embedding model isn't there."""
    return _reindexing(finding.reason, f"generation {generation.number}: {finding.message}")


def _reindexing(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.REINDEXING, reason, message, status=True)


def _not_reindexing(reason: Reason, message: str) -> Finding:
    return Finding(ConditionType.REINDEXING, reason, message, status=False)
