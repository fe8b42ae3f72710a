"""Has a knowledge base's collection made by a worker."""

from pydantic import SecretStr, ValidationError

from kubelore.documents.record import Failure
from kubelore.documents.result import TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import JobOperation, job_for_knowledge_base
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_cli.laptop.worker import WorkerEnd, WorkerFiles, WorkerOrder
from kubelore_cli.laptop.workers import Workers


async def prepare(
    kb: KnowledgeBase, embedder: EmbedderConfig, api_key: SecretStr, files: WorkerFiles, workers: Workers
) -> TerminationMessage | Failure:
    """Make the collection where it is missing, and return what was learned of the stores and the model."""
    job = job_for_knowledge_base(kb, embedder, JobOperation.PREPARE)
    end = await workers.run(WorkerOrder(job=job, files=files, api_key=api_key), started=lambda: None)
    message = _message(end)
    if end.succeeded and message is not None:
        return message
    if message is not None and message.failures:
        return message.failures[0]
    error = KubeloreError(ErrorCode.JOB_DIED, str(kb.key), f"exit code {end.exit_code}, its log: {end.log}")
    return Failure.from_error(str(kb.key), error)


def _message(end: WorkerEnd) -> TerminationMessage | None:
    try:
        return TerminationMessage.model_validate_json(end.report)
    except ValidationError:
        return None
