"""What routes get of the application."""

from fastapi import Request

from kubelore_embedder.service import EmbeddingService


async def service_of(request: Request) -> EmbeddingService:
    """Return the service that the application was made with."""
    service: EmbeddingService = request.app.state.service
    return service
