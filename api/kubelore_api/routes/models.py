"""What a client may name as a model: the knowledge bases, and the model servers."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer, Task
from kubelore_api.catalog import Catalog
from kubelore_api.conversations.assistants import Assistant, Assistants
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.named_model import find_resource_or_assistant

_ASKABLE = frozenset({Task.CHAT, Task.EMBEDDING})

router = APIRouter(prefix="/v1/models", tags=["models"])


class Model(BaseModel):
    """A knowledge base or a model server, as OpenAI's clients list models."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["kubelore"] = "kubelore"


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[Model]


@router.get("")
async def list_models(services: ServicesOf, caller: CallerOf) -> ModelList:
    """List the knowledge bases, the model servers that can be asked, and the tenant's assistants.

    Of several that share a name, it stands for the knowledge base, else for the model server.
    """
    there: list[KnowledgeBase | LLMServer] = [
        *await services.resources.llm_servers(),
        *await services.resources.knowledge_bases(),
    ]
    askable = [each for each in there if isinstance(each, KnowledgeBase) or _ASKABLE & set(each.spec.serves)]
    assistants = await Assistants(services.database).list(caller.tenant) if services.database else ()
    own = {assistant.name: Model(id=assistant.name, created=0) for assistant in assistants}
    by_id = own | {services.catalog.name_of(each): _model(services.catalog, each) for each in askable}
    return ModelList(data=list(by_id.values()))


@router.get("/{name:path}")
async def get_model(name: str, services: ServicesOf, caller: CallerOf) -> Model:
    """Return one of them."""
    model = await find_resource_or_assistant(services, caller, name, *_ASKABLE)
    return Model(id=model.name, created=0) if isinstance(model, Assistant) else _model(services.catalog, model)


def _model(catalog: Catalog, resource: KnowledgeBase | LLMServer) -> Model:
    return Model(id=catalog.name_of(resource), created=created_at(resource))


def created_at(resource: KnowledgeBase | LLMServer) -> int:
    """Return when the resource was created, in seconds since 1970; 0 where that isn't known."""
    moment = resource.metadata.creation_timestamp
    return int(moment.timestamp()) if moment else 0
