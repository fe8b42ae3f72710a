"""What a client may name as a model: the knowledge bases, and the model servers."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer, Task
from kubelore_api.catalog import Catalog
from kubelore_api.routes.dependencies import CallerOf, ServicesOf

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
async def list_models(services: ServicesOf, _caller: CallerOf) -> ModelList:
    """List the knowledge bases, and the model servers that can be asked; a knowledge base hides one of its name."""
    there: list[KnowledgeBase | LLMServer] = [
        *await services.resources.llm_servers(),
        *await services.resources.knowledge_bases(),
    ]
    askable = [each for each in there if isinstance(each, KnowledgeBase) or _ASKABLE & set(each.spec.serves)]
    by_id = {services.catalog.name_of(each): _model(services.catalog, each) for each in askable}
    return ModelList(data=list(by_id.values()))


@router.get("/{name:path}")
async def get_model(name: str, services: ServicesOf, _caller: CallerOf) -> Model:
    """Return one of them."""
    return _model(services.catalog, await services.catalog.find_model(name, *_ASKABLE))


def _model(catalog: Catalog, resource: KnowledgeBase | LLMServer) -> Model:
    return Model(id=catalog.name_of(resource), created=created_at(resource))


def created_at(resource: KnowledgeBase | LLMServer) -> int:
    """Return when the resource was created, in seconds since 1970; 0 where that isn't known."""
    moment = resource.metadata.creation_timestamp
    return int(moment.timestamp()) if moment else 0
