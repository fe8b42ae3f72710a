"""`POST /v1/embeddings`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_embedder.dependencies import service_of
from kubelore_embedder.service import EmbeddingService
from kubelore_embedder.wire import read_request, write_answer

MAX_BODY_BYTES = 16 * 1024 * 1024

router = APIRouter()


@router.post("/v1/embeddings")
async def create_embeddings(request: Request, service: Annotated[EmbeddingService, Depends(service_of)]) -> Response:
    """Embed one text or many."""
    wanted = read_request(await _read_body(request))
    wanted.check_fits(service.name, service.dimension)
    embedded = await service.embed(wanted.texts)
    body = write_answer(wanted, embedded.vectors, prompt_tokens=embedded.tokens, known_share=embedded.known_share)
    return Response(body, media_type="application/json")


async def _read_body(request: Request) -> bytes:
    """Read the body, and stop as soon as it is known to be larger than allowed."""
    _check_size(int(request.headers.get("content-length", 0)))
    body = bytearray()
    async for part in request.stream():
        body += part
        _check_size(len(body))
    return bytes(body)


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise KubeloreError(ErrorCode.REQUEST_TOO_LARGE, "body", f"at most {MAX_BODY_BYTES} bytes")
