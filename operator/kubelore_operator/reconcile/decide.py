"""Gives each resource to the module that decides for its kind."""

from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.reconcile import ingest_task, knowledge_base, llm_server
from kubelore_operator.reconcile.observed import (
    Context,
    IngestTaskWorld,
    KnowledgeBaseWorld,
    LLMServerWorld,
    OwnResource,
    World,
)
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.set_aside import Unreadable, pause, refuse


def decide(resource: OwnResource | Unreadable, world: World | None, context: Context) -> Plan:
    """Return what to do for a resource whose surroundings are these."""
    if isinstance(resource, Unreadable):
        return refuse(resource, context)
    if resource.is_paused:
        return pause(resource, context)
    match resource, world:
        case LLMServer(), LLMServerWorld():
            return llm_server.reconcile(resource, world, context)
        case KnowledgeBase(), KnowledgeBaseWorld():
            return knowledge_base.reconcile(resource, world, context)
        case IngestTask(), IngestTaskWorld():
            return ingest_task.reconcile(resource, world, context)
    raise TypeError(f"{resource.key} was observed as {type(world).__name__}")
