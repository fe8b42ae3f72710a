"""Has a worker do something for a knowledge base itself."""

from pydantic import SecretStr, ValidationError

from kubelore.documents.record import Failure
from kubelore.documents.result import TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import JobSpec
from kubelore_cli.laptop.worker import WorkerEnd, WorkerFiles, WorkerOrder
from kubelore_cli.laptop.workers import Workers


async def run_errand(
    job: JobSpec, subject: str, api_key: SecretStr, files: WorkerFiles, workers: Workers
) -> TerminationMessage | Failure:
    """Return what the worker reported, or why it failed; `subject` names whose errand it is."""
    end = await workers.run(WorkerOrder(job=job, files=files, api_key=api_key), started=lambda: None)
    message = _message(end)
    if end.succeeded and message is not None:
        return message
    if message is not None and message.failures:
        return message.failures[0]
    error = KubeloreError(ErrorCode.JOB_DIED, subject, f"exit code {end.exit_code}, its log: {end.log}")
    return Failure.from_error(subject, error)


def _message(end: WorkerEnd) -> TerminationMessage | None:
    try:
        return TerminationMessage.model_validate_json(end.report)
    except ValidationError:
        return None
