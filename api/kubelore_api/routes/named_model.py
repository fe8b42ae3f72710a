"""Finds what a request names as its model: a knowledge base, a model server, or an assistant of the tenant's."""

from kubelore.errors import ErrorCode
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer, Task
from kubelore_api.access.caller import Caller
from kubelore_api.conversations.assistants import Assistant, Assistants
from kubelore_api.conversations.assume import assume
from kubelore_api.errors import RequestError
from kubelore_api.rag.retrieve import Scope
from kubelore_api.rag.tuning import Tuning
from kubelore_api.services import Services


async def find_resource_or_assistant(
    services: Services, caller: Caller, name: str, *tasks: Task
) -> KnowledgeBase | LLMServer | Assistant:
    """Return it; a resource comes before an assistant of its name.

    Raises RequestError RESOURCE_NOT_FOUND with the parameter `model`.
    """
    try:
        return await services.catalog.find_model(name, *tasks)
    except RequestError as error:
        assistant = await Assistants(services.database).find(caller.tenant, name) if services.database else None
        if error.code is not ErrorCode.RESOURCE_NOT_FOUND or assistant is None:
            raise
        return assistant


async def find_chat_model(services: Services, caller: Caller, name: str, tuning: Tuning) -> Scope | LLMServer:
    """Return where a question to it is answered; raises also as `Catalog.require_ready` does."""
    model = await find_resource_or_assistant(services, caller, name, Task.CHAT)
    if isinstance(model, LLMServer):
        return model
    if isinstance(model, KnowledgeBase):
        return Scope(services.catalog.require_ready(model, "model"), caller, tuning=tuning)
    bases = [await services.catalog.find_ready(each, "model") for each in model.knowledge_bases]
    return assume(model, bases, caller, tuning)
