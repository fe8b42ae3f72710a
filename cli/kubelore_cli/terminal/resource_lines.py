"""Says the state of a resource in one line."""

from dataclasses import dataclass
from enum import Enum

from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore.resources.manifests import AnyResource
from kubelore_operator.reconcile.task_outcome import document_of


class Mood(Enum):
    """How a line is to be read, with its mark and its colour."""

    GOOD = ("✓", "green")
    BAD = ("✗", "red")
    BUSY = ("…", "cyan")

    @property
    def mark(self) -> str:
        """The character in front of the line."""
        return self.value[0]

    @property
    def style(self) -> str:
        """The mark's colour."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Line:
    """One line about one resource."""

    mood: Mood
    text: str


_STILL_COMING = frozenset(
    {
        Reason.DEPLOYING,
        Reason.MODEL_FETCHING,
        Reason.PREPARING_COLLECTION,
        Reason.LLM_SERVER_NOT_FOUND,
        Reason.LLM_SERVER_NOT_READY,
        Reason.PREPARE_FAILED,
        Reason.REBUILDING,
    }
)
"""Reasons that may pass by themselves, or by what a user does elsewhere."""


def line_of(resource: AnyResource) -> Line | None:
    """Return the line for the resource as it is, or None where another resource's line says it."""
    if isinstance(resource, IngestTask):
        return _task_line(resource)
    ready = resource.status.condition(ConditionType.READY)
    name = f"{resource.kind} {resource.metadata.name}"
    if ready is None:
        return None
    if ready.status != "True":
        return Line(Mood.BUSY if ready.reason in _STILL_COMING else Mood.BAD, f"{name}: {ready.message}")
    return Line(Mood.GOOD, f"{name}: ready{_contents(resource)}")


def counts(total: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun."""
    return f"{total} {one if total == 1 else many or one + 's'}"


def _contents(resource: AnyResource) -> str:
    if not isinstance(resource, KnowledgeBase) or resource.status.documents == 0:
        return ""
    status = resource.status
    return f", {counts(status.documents, 'document')} in {counts(status.chunks, 'chunk')}{_generation(status)}"


def _generation(status: KnowledgeBaseStatus) -> str:
    """Say that another generation is on its way, or that it is not the first one that answers."""
    reindexing = status.condition(ConditionType.REINDEXING)
    if reindexing is not None and reindexing.status == "True":
        return f"; {reindexing.message}"
    return f" of generation {status.generation.active}" if status.generation.active > 1 else ""


def _task_line(task: IngestTask) -> Line | None:
    status = task.status
    condition = status.condition(ConditionType.SUCCEEDED)
    message = condition.message if condition is not None else ""
    match status.phase:
        case TaskPhase.COMPLETED:
            return Line(Mood.BAD if status.documents.failed else Mood.GOOD, f"{_name(task)}: completed, {message}")
        case TaskPhase.FAILED:
            return Line(Mood.BAD, f"{_name(task)}: failed, {message}")
        case TaskPhase.PENDING:
            follows_its_base = condition is None or condition.reason == Reason.KNOWLEDGE_BASE_NOT_READY
            return None if follows_its_base else Line(Mood.BUSY, f"{_name(task)}: {message}")
        case _:
            return _progress_line(task, message)


def _progress_line(task: IngestTask, message: str) -> Line | None:
    if task.status.documents.total == 0:
        return Line(Mood.BUSY, f"{_name(task)}: {message}")
    return Line(Mood.BUSY, f"{_name(task)}: {task.status.phase.value.lower()} {task.status.progress}, {message}")


def _name(task: IngestTask) -> str:
    document = document_of(task.spec.source)
    return f"IngestTask {task.metadata.name}{f' ({document})' if document else ''}"
