"""The entry point of `kubelore-model-fetch`: fetches the model of KUBELORE_MODEL, and says how that ended."""

import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, EXIT_OK, EXIT_RETRY
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import (
    MODEL_VARIABLE,
    FetchEnd,
    ModelDigest,
    ModelOrder,
)
from kubelore.jobs.spec import TERMINATION_FILE_VARIABLE
from kubelore.settings import load_settings
from kubelore.telemetry import configure_logging

_KUBELET_READS = "/dev/termination-log"
_LONGEST_MESSAGE = 600
"""Characters: even when each takes six bytes in JSON, the message fits into what the kubelet keeps."""

_log = logging.getLogger(__name__)


def main() -> None:
    """Fetch, and exit with 0, 1 where another attempt may help, or 42 where none can."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        end, code = FetchEnd(model=_fetch()), EXIT_OK
    except KubeloreError as error:
        _log.error(error.message, extra={"code": error.code})
        _log.debug("where it arose", exc_info=error)
        end, code = FetchEnd(failure=_failure(error)), EXIT_RETRY if error.kind.retryable else EXIT_DOCUMENT_IS_BAD
    _say(end, Path(os.environ.get(TERMINATION_FILE_VARIABLE) or _KUBELET_READS))
    sys.exit(code)


def _fetch() -> ModelDigest:
    settings = load_settings()
    configure_logging(settings)
    order = _read_order(os.environ.get(MODEL_VARIABLE, ""))

    from kubelore_ingest.model_fetch.fetch import fetch_model  # noqa: PLC0415 - HTTP, which a bad order never needs
    from kubelore_ingest.model_fetch.limits import Limits  # noqa: PLC0415 - as above
    from kubelore_ingest.model_fetch.origins.hugging_face import Hub  # noqa: PLC0415 - as above
    from kubelore_ingest.model_fetch.resolve import Access  # noqa: PLC0415 - as above

    return fetch_model(order, Access(settings, Hub.from_environment(os.environ)), Limits()).digest


def _read_order(text: str) -> ModelOrder:
    try:
        return ModelOrder.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, f"{MODEL_VARIABLE} {field}".strip(), first["msg"]) from error


def _failure(error: KubeloreError) -> Failure:
    failure = Failure.from_error("model", error)
    return failure.model_copy(update={"message": failure.message[:_LONGEST_MESSAGE]})


def _say(end: FetchEnd, path: Path) -> None:
    try:
        path.write_text(end.to_json(), encoding="utf-8")
    except OSError as error:
        _log.warning("no termination message could be written", extra={"path": str(path), "cause": error.strerror})


def _stop(number: int, frame: FrameType | None) -> None:
    """End at the next instruction: as a container's first process we would not end at all without a handler."""
    del number, frame
    sys.exit(EXIT_RETRY)


if __name__ == "__main__":
    main()
