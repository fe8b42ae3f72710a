"""What a worker is told, with sensible defaults, so that a test names only what it is about."""

from pathlib import Path
from typing import Any

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation, JobSpec, TaskRef
from kubelore.objectstore.factory import make_object_store
from kubelore.resources.knowledge_base import Chunking, IndexPlan
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore_ingest.job import Job
from kubelore_ingest.stopping import StopFlag


def job_spec(**changes: Any) -> JobSpec:
    """Say what a worker is told; by default to bring documents in for the task `task` with the uid `uid-1`."""
    defaults: dict[str, Any] = {
        "operation": JobOperation.UPSERT,
        "namespace": "team-a",
        "knowledge_base": "handbook",
        "embedding": EmbedderConfig(),
        "chunking": Chunking(),
        "index": IndexPlan(),
        "max_document_bytes": 10_000_000,
        "task": TaskRef(name="task", uid="uid-1"),
    }
    return JobSpec(**(defaults | changes))


def job_on_folder(folder: Path, patience_seconds: float = 5.0, **changes: Any) -> Job:
    """Give a job stores in a folder; the vector store is only opened by who asks it something."""
    settings = Settings(state_dir=folder)
    return Job(
        spec=job_spec(**changes),
        settings=settings,
        objects=make_object_store(settings),
        vectors=make_vector_store(settings),
        stop=StopFlag(),
        patience_seconds=patience_seconds,
    )
