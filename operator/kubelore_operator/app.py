"""Settings, kopf's own settings, start; nothing else."""

import asyncio
import logging

import kopf
from prometheus_client import start_http_server

from kubelore.errors import KubeloreError
from kubelore.resources.base import GROUP
from kubelore.settings import load_settings
from kubelore.telemetry import configure_logging
from kubelore_operator import metrics
from kubelore_operator.cluster.client import connected
from kubelore_operator.cluster.sync import CHILD_SELECTOR
from kubelore_operator.controller import Controller
from kubelore_operator.handlers import watch
from kubelore_operator.kinds import CHILDREN
from kubelore_operator.settings import OperatorSettings, load_operator_settings

_WATCHERS = 50


def main() -> None:
    """Run the operator until it is told to stop."""
    try:
        _configure_logging()
        asyncio.run(operate(load_operator_settings()))
    except KubeloreError as error:
        raise SystemExit(error.message) from error


def _configure_logging() -> None:
    """Log what the controller does, and not every event that kopf passes on."""
    configure_logging(load_settings())
    for name in ("kopf", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def operate(settings: OperatorSettings) -> None:
    """Watch by kopf and act by the controller; when one of them ends, so does the other."""
    if settings.metrics_port:
        start_http_server(settings.metrics_port, registry=metrics.REGISTRY)
    async with connected() as client:
        controller = Controller(client, settings)
        work = asyncio.create_task(controller.run())
        watching = asyncio.create_task(_watch(controller, settings))
        done, pending = await asyncio.wait({work, watching}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()


async def _watch(controller: Controller, settings: OperatorSettings) -> None:
    registry = kopf.OperatorRegistry()
    watch.register(registry, controller)
    await kopf.operator(
        registry=registry,
        settings=kopf_settings(settings),
        standalone=True,
        clusterwide=not settings.watch_namespaces,
        namespaces=settings.watch_namespaces,
        liveness_endpoint=f"http://0.0.0.0:{settings.health_port}/healthz" if settings.health_port else None,
    )


def kopf_settings(settings: OperatorSettings) -> kopf.OperatorSettings:
    """Return the settings with which kopf watches, reconnects when a stream dies, and writes nothing."""
    kopf_own = kopf.OperatorSettings()
    prefix = f"kopf.{GROUP}"
    kopf_own.persistence.finalizer = f"{prefix}/finalizer"
    kopf_own.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=prefix)
    kopf_own.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=prefix)
    kopf_own.persistence.consistency_timeout = 10
    kopf_own.watching.connect_timeout = 10
    kopf_own.watching.server_timeout = 600
    kopf_own.watching.client_timeout = 660
    kopf_own.watching.inactivity_timeout = 70
    kopf_own.networking.request_timeout = 60
    kopf_own.networking.connect_timeout = 10
    kopf_own.queueing.worker_limit = _WATCHERS
    kopf_own.posting.enabled = False
    kopf_own.posting.loggers = False
    kopf_own.peering.standalone = True
    kopf_own.scanning.disabled = bool(settings.watch_namespaces)
    for kind in CHILDREN:
        kopf_own.watching.label_selectors[kind.group, kind.version, kind.plural] = CHILD_SELECTOR
    return kopf_own
