"""The metrics, in Prometheus' text format."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from kubelore_api.routes.dependencies import OperatorOf, ServicesOf

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response)
async def metrics(services: ServicesOf, _caller: OperatorOf) -> Response:
    """Return what was measured since the start; it names every tenant, so none of them may read it."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)
