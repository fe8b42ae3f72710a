"""What a generation of a knowledge base was built with."""

from kubelore.documents.ids import fingerprint
from kubelore.documents.result import TerminationMessage
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.knowledge_base import GenerationStatus, KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.findings import Finding

FIRST_GENERATION = 1


def built_with(kb: KnowledgeBase) -> str:
    """Return a hash of the settings that a generation's rows depend on."""
    return fingerprint(kb.spec.embedding.model_dump_json(), kb.spec.chunking.model_dump_json(), kb.spec.index.metric)


def prepared(kb: KnowledgeBase, report: TerminationMessage) -> KnowledgeBaseStatus:
    """Return the status of a knowledge base whose collection was just made."""
    return kb.status.model_copy(
        update={
            "collection": report.collection,
            "dimension": report.dimension,
            "generation": GenerationStatus(active=FIRST_GENERATION, fingerprint=built_with(kb)),
        }
    )


def reindexing(kb: KnowledgeBase, status: KnowledgeBaseStatus) -> Finding:
    """Say whether the answering generation is the one that the spec asks for."""
    if status.generation.fingerprint in {None, built_with(kb)}:
        return Finding(ConditionType.REINDEXING, Reason.UP_TO_DATE, "the index fits the spec", status=False)
    return Finding(
        ConditionType.REINDEXING,
        Reason.REINDEX_NEEDED,
        "spec.embedding, spec.chunking or spec.index.metric differs from what the index was built with: "
        "it takes effect by reindexing, which this version can't do; set it back, or make a new KnowledgeBase",
        status=False,
    )
