"""What is done for a knowledge base while it answers."""

from dataclasses import dataclass

from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore_operator.manifests.metadata import Manifest
from kubelore_operator.reconcile.errands import Errand
from kubelore_operator.reconcile.findings import Finding


@dataclass(frozen=True, slots=True)
class Upkeep:
    """One piece of it: the status as it then is, what is to be said, and what to do."""

    status: KnowledgeBaseStatus
    findings: tuple[Finding, ...] = ()
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ResourceKey, ...] = ()
    requeue: float | None = None

    @classmethod
    def of(cls, errand: Errand, status: KnowledgeBaseStatus, *findings: Finding) -> "Upkeep":
        """Go on with an errand."""
        return cls(status, findings, errand.apply, errand.delete, errand.requeue)
