"""`POST /v1/rerank`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from kubelore_embedder.body import read_body
from kubelore_embedder.dependencies import reranker_of
from kubelore_embedder.rerank_service import RerankService
from kubelore_embedder.rerank_wire import read_rerank_request, write_results

router = APIRouter()


@router.post("/v1/rerank")
async def rerank(request: Request, service: Annotated[RerankService, Depends(reranker_of)]) -> Response:
    """Order documents by how well they answer a question."""
    wanted = read_rerank_request(await read_body(request))
    wanted.check_fits(service.name)
    scored = await service.score(wanted.query, wanted.documents)
    return Response(write_results(wanted, scored.scores, tokens=scored.tokens), media_type="application/json")
