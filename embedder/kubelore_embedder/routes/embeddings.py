"""`POST /v1/embeddings`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from kubelore_embedder.body import read_body
from kubelore_embedder.dependencies import embedding_of
from kubelore_embedder.embedding_service import EmbeddingService
from kubelore_embedder.embedding_wire import read_request, write_answer

router = APIRouter()


@router.post("/v1/embeddings")
async def create_embeddings(request: Request, service: Annotated[EmbeddingService, Depends(embedding_of)]) -> Response:
    """Embed one text or many."""
    wanted = read_request(await read_body(request))
    wanted.check_fits(service.name, service.dimension)
    embedded = await service.embed(wanted.texts)
    body = write_answer(wanted, embedded.vectors, prompt_tokens=embedded.tokens, known_share=embedded.known_share)
    return Response(body, media_type="application/json")
