"""Puts the embedder together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Depends, FastAPI

import kubelore_embedder
from kubelore.settings import Settings
from kubelore_embedder.access import RequireKey
from kubelore_embedder.errors import handle_errors
from kubelore_embedder.routes import embeddings, health, models, rerank
from kubelore_embedder.services import Service, load_service


def create_app(settings: Settings) -> FastAPI:
    """Return the server with its model loaded; it takes requests once the model has been used.

    Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    app = FastAPI(title="Kubelore embedder", description=kubelore_embedder.__doc__ or "", lifespan=_lifespan)
    app.state.service = load_service(settings)
    handle_errors(app)
    guarded = [Depends(RequireKey(settings.embedding_api_key, settings.previous_embedding_api_key))]
    app.include_router(health.router)
    app.include_router(embeddings.router, dependencies=guarded)
    app.include_router(rerank.router, dependencies=guarded)
    app.include_router(models.router, dependencies=guarded)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    app.state.worker = asyncio.create_task(service.batcher.run())
    await service.warm_up()
    yield
    app.state.worker.cancel()
    with suppress(asyncio.CancelledError):
        await app.state.worker
