"""`GET /v1/models`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from kubelore_embedder.dependencies import service_of
from kubelore_embedder.embedding_service import EmbeddingService
from kubelore_embedder.services import Service

router = APIRouter()


@router.get("/v1/models")
async def list_models(service: Annotated[Service, Depends(service_of)]) -> dict[str, Any]:
    """Name the one model; `embedding` or `rerank` is Kubelore's own: a vector's length, and the tokens it reads."""
    model: dict[str, Any] = {
        "id": service.name,
        "object": "model",
        "created": 0,
        "owned_by": "kubelore",
    }
    if isinstance(service, EmbeddingService):
        model["embedding"] = {"dimension": service.dimension, "max_tokens": service.max_tokens}
    else:
        model["rerank"] = {"max_tokens": service.max_tokens}
    return {"object": "list", "data": [model]}
