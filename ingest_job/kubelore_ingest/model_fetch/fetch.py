"""Brings a model into its folder, once for all processes that want it there."""

import asyncio
import logging
from pathlib import Path

from kubelore.jobs.model_fetch import ModelOrder
from kubelore.retry import retrying
from kubelore_ingest.model_fetch.completion import CompleteModel, complete_model, mark_complete
from kubelore_ingest.model_fetch.download import Download
from kubelore_ingest.model_fetch.limits import Limits
from kubelore_ingest.model_fetch.lock import locked
from kubelore_ingest.model_fetch.names import COMPLETE_NAME, PARTIAL_NAME
from kubelore_ingest.model_fetch.progress import Meter
from kubelore_ingest.model_fetch.remote import FoundFile
from kubelore_ingest.model_fetch.resolve import Access, find_files
from kubelore_ingest.model_fetch.volume import check_space, volume_errors
from kubelore_ingest.model_fetch.web import open_web

_log = logging.getLogger(__name__)


def fetch_model(order: ModelOrder, access: Access, limits: Limits) -> CompleteModel:
    """Return the model once it lies in the folder whole; where it does already, no network is touched.

    Raises KubeloreError: MODEL_SOURCE_UNREACHABLE and others that may pass after waiting for a while, NO_SPACE,
    MODEL_CORRUPT, MODEL_UNAUTHENTICATED and others that stay at once. What was fetched by then is kept.
    """
    target = Path(order.target)
    with volume_errors(target):
        model = complete_model(target, order)
        if model is not None:
            _log.info("the model is there already", extra={"target": order.target, "sha256": model.sha256})
            return model
        target.mkdir(parents=True, exist_ok=True)
        with locked(target):
            return complete_model(target, order) or _fetch(order, access, limits)


def _fetch(order: ModelOrder, access: Access, limits: Limits) -> CompleteModel:
    target = Path(order.target)
    (target / COMPLETE_NAME).unlink(missing_ok=True)
    (target / PARTIAL_NAME).mkdir(exist_ok=True)
    found = retrying(lambda: asyncio.run(_find(order, access, limits)), seconds=limits.patience_seconds)
    downloads = [Download.plan(file, target) for file in found]
    check_space(target, sum(download.bytes_needed for download in downloads))
    meter = Meter(target)
    meter.start(sum(download.bytes_done for download in downloads), _total(found))
    files = tuple(download.run(limits, meter) for download in downloads)
    meter.finish()
    return mark_complete(target, order, files)


async def _find(order: ModelOrder, access: Access, limits: Limits) -> tuple[FoundFile, ...]:
    async with open_web(limits.silence_seconds) as web:
        return await find_files(order, access, web)


def _total(found: tuple[FoundFile, ...]) -> int | None:
    sizes = [file.size for file in found if file.size is not None]
    return sum(sizes) if len(sizes) == len(found) else None
