"""`GET /v1/models`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from kubelore_embedder.dependencies import service_of
from kubelore_embedder.service import EmbeddingService

router = APIRouter()


@router.get("/v1/models")
async def list_models(service: Annotated[EmbeddingService, Depends(service_of)]) -> dict[str, Any]:
    """Name the one model; `embedding` is Kubelore's own: the length of a vector, and the tokens that are read."""
    model = {
        "id": service.name,
        "object": "model",
        "created": 0,
        "owned_by": "kubelore",
        "embedding": {"dimension": service.dimension, "max_tokens": service.max_tokens},
    }
    return {"object": "list", "data": [model]}
