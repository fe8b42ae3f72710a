"""Fetches a model into the state folder, by the process that does it in a cluster."""

import asyncio
import signal
from pathlib import Path

from pydantic import ValidationError

from kubelore.documents.record import Failure
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import MODEL_VARIABLE, FetchEnd, ModelDigest, ModelOrder, ModelProgress
from kubelore.jobs.spec import TERMINATION_FILE_VARIABLE
from kubelore.resources.llm_server import ModelSource, ModelStatus
from kubelore_cli.laptop.child import Child, start_module
from kubelore_cli.laptop.engines.interface import ServerOrder, Tell, Workplace
from kubelore_cli.laptop.engines.programs import ended
from kubelore_cli.laptop.engines.state import fetching
from kubelore_ingest.model_fetch.names import PROGRESS_NAME
from kubelore_operator.engines.model_files import model_folder_name
from kubelore_operator.reconcile.model_fetch import fetched_status

_MODULE = "kubelore_ingest.model_fetch.main"
_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_TO_STOP = 5.0


class FetchError(KubeloreError):
    """What the fetching process reported, in its own words."""

    def __init__(self, failure: Failure) -> None:
        """Take over its failure."""
        self._message = failure.message
        super().__init__(failure.code, failure.document)

    @property
    def message(self) -> str:
        """What went wrong, and what to do."""
        return self._message


async def fetch_model(order: ServerOrder, workplace: Workplace, tell: Tell) -> tuple[Path, ModelStatus]:
    """Return the model's folder once it lies there whole; one that does is not asked for again.

    Raises KubeloreError as the fetch does, RESOURCE_INVALID for a source that only a cluster has.
    """
    source = _source(order)
    target = workplace.models.absolute() / model_folder_name(order.spec.model)
    target.mkdir(parents=True, exist_ok=True)
    end_file = workplace.models / f"{order.name}.end.json"
    end_file.unlink(missing_ok=True)
    wanted = ModelOrder(source=source, sha256=order.spec.model.sha256, target=str(target))
    environment = {
        **workplace.environment,
        **order.credentials,
        MODEL_VARIABLE: wanted.to_json(),
        TERMINATION_FILE_VARIABLE: str(end_file.absolute()),
    }
    child = await start_module(_MODULE, environment=environment, log=workplace.log(order))
    try:
        await _follow(child, target / PROGRESS_NAME, tell)
    finally:
        await child.stop(gently=signal.SIGTERM, seconds=_SECONDS_TO_STOP)
    return target, fetched_status(_result(child, end_file))


def _source(order: ServerOrder) -> ModelSource:
    source = order.spec.model.source
    if source is None or source.pvc is not None or source.image is not None:
        found = "volume claims and image volumes are a cluster's: use http, huggingFace or s3"
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, f"{order.name}, spec.model.source", found)
    return source


async def _follow(child: Child, progress_file: Path, tell: Tell) -> None:
    end = asyncio.create_task(child.wait())
    try:
        while not end.done():
            progress = _read_progress(progress_file)
            if progress is not None:
                tell(fetching(progress))
            await asyncio.wait([end], timeout=_SECONDS_BETWEEN_LOOKS)
    finally:
        end.cancel()


def _read_progress(file: Path) -> ModelProgress | None:
    try:
        return ModelProgress.model_validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _result(child: Child, end_file: Path) -> ModelDigest:
    try:
        end = FetchEnd.model_validate_json(end_file.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise ended(child, "the fetch of the model") from error
    if end.failure is not None:
        raise FetchError(end.failure)
    if end.model is None:
        raise ended(child, "the fetch of the model")
    return end.model
