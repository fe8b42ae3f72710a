"""What routes get of the application."""

from http import HTTPStatus

from fastapi import Request

from kubelore_embedder.embedding_service import EmbeddingService
from kubelore_embedder.errors import ParameterError
from kubelore_embedder.rerank_service import RerankService
from kubelore_embedder.services import Service


async def service_of(request: Request) -> Service:
    """Return the service that the application was made with."""
    service: Service = request.app.state.service
    return service


async def embedding_of(request: Request) -> EmbeddingService:
    """Return the service where it embeds; raises ParameterError where it does not."""
    service = await service_of(request)
    if not isinstance(service, EmbeddingService):
        raise ParameterError("model", f"{service.name} is a reranker: ask POST /v1/rerank", HTTPStatus.NOT_FOUND)
    return service


async def reranker_of(request: Request) -> RerankService:
    """Return the service where it reranks; raises ParameterError where it does not."""
    service = await service_of(request)
    if not isinstance(service, RerankService):
        found = f"{service.name} is no cross-encoder: serve one by spec.model.source"
        raise ParameterError("model", found, HTTPStatus.NOT_FOUND)
    return service
