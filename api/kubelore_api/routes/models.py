"""What a client may name as a model: the knowledge bases."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_api.catalog import Catalog
from kubelore_api.routes.dependencies import CallerOf, ServicesOf

router = APIRouter(prefix="/v1/models", tags=["models"])


class Model(BaseModel):
    """A knowledge base, as OpenAI's clients list models."""

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
    """List the knowledge bases."""
    there = await services.resources.knowledge_bases()
    return ModelList(data=[_model(services.catalog, kb) for kb in there])


@router.get("/{name:path}")
async def get_model(name: str, services: ServicesOf, _caller: CallerOf) -> Model:
    """Return one knowledge base."""
    return _model(services.catalog, await services.catalog.find(name, "model"))


def _model(catalog: Catalog, kb: KnowledgeBase) -> Model:
    return Model(id=catalog.name_of(kb), created=created_at(kb))


def created_at(kb: KnowledgeBase) -> int:
    """Return when the resource was created, in seconds since 1970; 0 where that isn't known."""
    moment = kb.metadata.creation_timestamp
    return int(moment.timestamp()) if moment else 0
