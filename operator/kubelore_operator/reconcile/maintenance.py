"""Chooses what is done for a knowledge base that answers; a laptop does the same by worker processes."""

from dataclasses import replace

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.generations import Step, next_step
from kubelore.jobs.verification import due_verification, seconds_to_schedule
from kubelore.resources.conditions import ConditionType
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_operator.reconcile.generations import answers
from kubelore_operator.reconcile.observed import Context, KnowledgeBaseWorld
from kubelore_operator.reconcile.reindexing import advance
from kubelore_operator.reconcile.upkeep import Upkeep
from kubelore_operator.reconcile.verification import needs_rebuild, rebuild, verify


def maintain(kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    """Do what is needed most, and say whether the knowledge base answers meanwhile."""
    upkeep = _most_needed(kb, embedder, world, context)
    if any(finding.type is ConditionType.READY for finding in upkeep.findings):
        return upkeep
    return replace(upkeep, findings=(answers(upkeep.status), *upkeep.findings))


def _most_needed(kb: KnowledgeBase, embedder: EmbedderConfig, world: KnowledgeBaseWorld, context: Context) -> Upkeep:
    """Compare nothing before all is there, and build nothing beside what is gone."""
    if needs_rebuild(kb, world.reports):
        return rebuild(kb, embedder, world, context)
    generations = advance(kb, world, context)
    request = due_verification(kb, context.now)
    if request is None or generations.apply or next_step(kb, context.now).step is not Step.NOTHING:
        return _with_schedule(generations, kb, context)
    checked = verify(kb, request, embedder, world, context)
    return replace(checked, findings=(*generations.findings, *checked.findings))


def _with_schedule(upkeep: Upkeep, kb: KnowledgeBase, context: Context) -> Upkeep:
    waits = (upkeep.requeue, seconds_to_schedule(kb, context.now))
    return replace(upkeep, requeue=min((seconds for seconds in waits if seconds is not None), default=None))
