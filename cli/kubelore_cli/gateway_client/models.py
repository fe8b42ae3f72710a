"""What the gateway answers, as far as the command line reads it."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts
from kubelore.resources.ingest_task import TaskPhase


class Answered(BaseModel):
    """A response; what a newer gateway adds is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Source(Answered):
    """A passage that an answer stands on."""

    number: int
    document: str
    title: str = ""
    heading_path: str = ""
    page: int | None = None
    score: float = 0.0
    text: str = ""


class Answer(Answered):
    """An answer with its sources."""

    answer: str
    sources: tuple[Source, ...]


class Accepted(Answered):
    """A document that was taken in, by the id of its task."""

    id: str


class TaskStatus(Answered):
    """How far a task is."""

    task_id: str
    status: TaskPhase
    documents: DocumentCounts
    chunks: int
    failures: tuple[Failure, ...] = ()


class Readiness(Answered):
    """What each outside part of the gateway said."""

    status: str
    checks: Mapping[str, str]
