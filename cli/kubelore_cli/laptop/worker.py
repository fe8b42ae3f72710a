"""One run of an ingest worker: what it is given, and what it left behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr, ValidationError

from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD, EXIT_OK, ShardProgress
from kubelore.jobs.spec import (
    JOB_VARIABLE,
    MOUNTED_SOURCE_VARIABLE,
    PROGRESS_FILE_VARIABLE,
    SHARD_VARIABLE,
    TERMINATION_FILE_VARIABLE,
    JobSpec,
)
from kubelore.settings import Settings


@dataclass(frozen=True, slots=True)
class WorkerFiles:
    """What a worker writes for us, in a folder of its own."""

    folder: Path

    @property
    def progress(self) -> Path:
        """Its ShardProgress, while it runs."""
        return self.folder / "progress.json"

    @property
    def termination(self) -> Path:
        """Its TerminationMessage, when it ends."""
        return self.folder / "termination.json"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "worker.log"

    def read_progress(self) -> ShardProgress | None:
        """Return how far it is, or None before it said anything, or while it is saying it."""
        try:
            return ShardProgress.model_validate_json(self.progress.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def read_report(self) -> str:
        """Return what it said at its end, or nothing."""
        return self.termination.read_text(encoding="utf-8") if self.termination.is_file() else ""

    def clear(self) -> None:
        """Make the folder ready for another run, so that no old message is taken for a new one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in (self.progress, self.termination):
            file.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class WorkerOrder:
    """One run of a worker: `mounted_source` is the file of an inline or ConfigMap source."""

    job: JobSpec
    files: WorkerFiles
    shard: int = 0
    threads: int = 1
    api_key: SecretStr = field(default=SecretStr(""))
    mounted_source: Path | None = None


@dataclass(frozen=True, slots=True)
class WorkerEnd:
    """How a run ended; `report` is its termination message as it wrote it, empty where it wrote none."""

    exit_code: int
    report: str
    log: Path

    @property
    def succeeded(self) -> bool:
        """Whether its work is done: a worker that says so has reported first."""
        return self.exit_code == EXIT_OK and self.report != ""

    @property
    def is_final(self) -> bool:
        """Whether another run would end in the same way."""
        return self.exit_code == EXIT_DOCUMENT_IS_BAD


def worker_environment(base: Mapping[str, str], settings: Settings, order: WorkerOrder) -> dict[str, str]:
    """Return the environment of a run: the same variables that a Job's pod gets."""
    given = {
        "KUBELORE_RESOURCES": settings.resources,
        "KUBELORE_NAMESPACE": order.job.namespace,
        "KUBELORE_STATE_DIR": str(settings.state_dir.absolute()),
        "KUBELORE_OBJECT_STORE": settings.object_store_url,
        "KUBELORE_VECTOR_STORE": settings.vector_store_uri,
        "KUBELORE_EMBEDDING_THREADS": str(order.threads),
        "KUBELORE_EMBEDDING_API_KEY": order.api_key.get_secret_value(),
        JOB_VARIABLE: order.job.to_json(),
        SHARD_VARIABLE: str(order.shard),
        PROGRESS_FILE_VARIABLE: str(order.files.progress),
        TERMINATION_FILE_VARIABLE: str(order.files.termination),
        MOUNTED_SOURCE_VARIABLE: str(order.mounted_source or ""),
    }
    return {**base, **given}
