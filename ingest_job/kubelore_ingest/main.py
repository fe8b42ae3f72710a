"""The worker's entry point: reads what it is told, carries it out, and reports how it ended."""

import logging
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_RETRY, TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import (
    JOB_VARIABLE,
    MOUNTED_SOURCE_VARIABLE,
    PROGRESS_FILE_VARIABLE,
    SHARD_VARIABLE,
    SOURCE_HEADERS_VARIABLE,
    TERMINATION_FILE_VARIABLE,
    JobSpec,
)
from kubelore.objectstore.factory import make_object_store
from kubelore.settings import Settings, load_settings
from kubelore.telemetry import configure_logging
from kubelore.vectorstore.factory import make_vector_store
from kubelore_ingest.job import Job
from kubelore_ingest.reporting.cluster import ClusterSink
from kubelore_ingest.reporting.progress import FileSink, NoSink, ProgressMeter, ProgressSink
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.reporting.termination import write
from kubelore_ingest.run import run
from kubelore_ingest.stopping import StopFlag

_KUBELET_READS = Path("/dev/termination-log")

_log = logging.getLogger(__name__)


def main() -> None:
    """Run one operation and exit with the code that says whether another attempt can help."""
    stop = StopFlag()
    stop.obey_sigterm()
    termination = _path(TERMINATION_FILE_VARIABLE) or _KUBELET_READS
    try:
        settings = load_settings()
        configure_logging(settings)
        job = _read_job(settings, stop)
    except KubeloreError as error:
        _log.exception("the worker was not told what it needs")
        write(TerminationMessage(failures=(Failure.from_error("", error),)), termination)
        sys.exit(EXIT_RETRY)
    try:
        sys.exit(run(job, Tally(ProgressMeter(_sink(job))), termination))
    finally:
        job.vectors.close()


def _read_job(settings: Settings, stop: StopFlag) -> Job:
    return Job(
        spec=_read_spec(os.environ.get(JOB_VARIABLE, "")),
        settings=settings,
        objects=make_object_store(settings),
        vectors=make_vector_store(settings),
        stop=stop,
        shard=int(os.environ.get(SHARD_VARIABLE, "") or 0),
        mounted_source=_path(MOUNTED_SOURCE_VARIABLE),
        source_headers=_path(SOURCE_HEADERS_VARIABLE),
    )


def _read_spec(text: str) -> JobSpec:
    try:
        return JobSpec.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, f"{JOB_VARIABLE} {field}".strip(), first["msg"]) from error


def _path(variable: str) -> Path | None:
    value = os.environ.get(variable, "")
    return Path(value) if value else None


def _sink(job: Job) -> ProgressSink:
    """Choose where progress goes: the file that the laptop reads, the resource in the cluster, or nowhere."""
    file = _path(PROGRESS_FILE_VARIABLE)
    if file is not None:
        return FileSink(file)
    return ClusterSink.of_this_pod(job.spec, job.shard) or NoSink()


if __name__ == "__main__":
    main()
