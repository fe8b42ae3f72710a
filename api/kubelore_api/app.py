"""Puts the gateway together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Route

import kubelore_api
from kubelore.resources.store import ResourceStore
from kubelore.settings import Settings
from kubelore_api.access.assemble import check_access_settings
from kubelore_api.errors import handle_errors
from kubelore_api.mcp.endpoint import PATH as MCP_PATH
from kubelore_api.mcp.endpoint import McpEndpoint
from kubelore_api.metrics import Metrics
from kubelore_api.metrics_server import served_apart
from kubelore_api.middleware.access_log import AccessLog
from kubelore_api.middleware.answer_head import AnswerHead
from kubelore_api.middleware.authentication import Authentication
from kubelore_api.middleware.body_limit import BodyLimit
from kubelore_api.middleware.http_metrics import HttpMetrics
from kubelore_api.middleware.metering import AddressLimit, Metering
from kubelore_api.routes import (
    api_keys,
    assistants,
    chat,
    chat_completions,
    embeddings,
    file_batches,
    files,
    health,
    knowledge,
    models,
    personal_data,
    responses,
    sessions,
    store_files,
    tasks,
    uploads,
    usage,
    vector_stores,
    ws_chat,
)
from kubelore_api.routes import (
    metrics as metrics_route,
)
from kubelore_api.services import open_services
from kubelore_api.tracing.tracing import make_tracing

LARGEST_JSON_BODY = 4 * 1024 * 1024
MULTIPART_OVERHEAD = 64 * 1024
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs"})
"""What answers without a credential: probes have none."""

# What is asked most stands first. A knowledge base's name may hold a slash, so that of two paths that fit the longer
# one stands before the other.
_PARTS = (
    chat_completions,
    health,
    models,
    files,
    uploads,
    tasks,
    file_batches,
    store_files,
    vector_stores,
    responses,
    embeddings,
    chat,
    assistants,
    sessions,
    personal_data,
    api_keys,
    knowledge,
    ws_chat,
    usage,
)


def create_app(settings: Settings, resources: ResourceStore) -> FastAPI:
    """Return the gateway over a store of resources; it connects to the other parts when it starts.

    Raises KubeloreError SETTINGS_INVALID.
    """
    check_access_settings(settings)
    metrics = Metrics()
    tracing = make_tracing(settings)
    mcp_endpoint = McpEndpoint()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = open_services(settings, metrics, resources, tracing.spans)
        async with opened as services, served_apart(metrics, settings):
            app.state.services = services
            yield
            await mcp_endpoint.close()
        await asyncio.to_thread(tracing.close)

    app = FastAPI(
        title="Kubelore", description=kubelore_api.__doc__ or "", lifespan=lifespan, telemetry=tracing.of_requests
    )
    handle_errors(app)
    for part in _PARTS:
        app.include_router(part.router)
    if not settings.metrics_port:
        app.include_router(metrics_route.router)
    app.router.routes.append(Route(MCP_PATH, mcp_endpoint, methods=["POST"], include_in_schema=False))
    _add_middleware(app, settings, metrics)
    return app


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Add it from the inside out: the last one sees a request first."""
    app.add_middleware(BodyLimit, limit_of=lambda path: _largest_body(path, settings.max_upload_bytes))
    app.add_middleware(Metering)
    app.add_middleware(Authentication, open_paths=OPEN_PATHS)
    app.add_middleware(AddressLimit)
    app.add_middleware(HttpMetrics, metrics=metrics)
    app.add_middleware(AccessLog)
    app.add_middleware(AnswerHead)


def _largest_body(path: str, largest_document: int) -> int:
    """Return how many bytes may be sent to a path."""
    if path == files.PATH:
        return largest_document + MULTIPART_OVERHEAD
    if path.startswith(f"{uploads.PATH}/"):
        return min(largest_document, uploads.LARGEST_PART) + MULTIPART_OVERHEAD
    return LARGEST_JSON_BODY
