"""Serves the metrics on a port of their own, which callers of the gateway need not reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_api.metrics import Metrics


@asynccontextmanager
async def served_apart(metrics: Metrics, settings: Settings) -> AsyncIterator[None]:
    """Serve them where the settings name a port, for as long as the context lasts; raises PORT_IN_USE."""
    if not settings.metrics_port:
        yield
        return
    try:
        stop = metrics.serve(settings.host, settings.metrics_port)
    except OSError as error:
        place = f"{settings.host}:{settings.metrics_port}"
        raise KubeloreError(ErrorCode.PORT_IN_USE, place, error.strerror or str(error)) from error
    try:
        yield
    finally:
        stop()
