"""How far an upload is."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts
from kubelore.errors import KubeloreError
from kubelore.resources.ingest_task import TaskPhase
from kubelore_api.errors import error_object
from kubelore_api.ingest.follow import follow
from kubelore_api.ingest.progress import TaskProgress
from kubelore_api.ingest.task_id import TaskId
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.event_stream import EventStream
from kubelore_api.sse import KEEP_ALIVE, named_event

LONGEST_STREAM_SECONDS = 3600.0
"""A client that wants to know more asks again."""

router = APIRouter(prefix="/task-status", tags=["documents"])


class TaskStatus(BaseModel):
    """How far a task is."""

    task_id: str
    status: TaskPhase
    progress: str = Field(description="Documents done of all, such as `12/80`; empty before the first is known.")
    documents: DocumentCounts
    chunks: int
    failures: list[Failure]

    @classmethod
    def of(cls, task_id: str, progress: TaskProgress) -> "TaskStatus":
        """Describe a task's progress."""
        return cls(
            task_id=task_id,
            status=progress.phase,
            progress=progress.progress,
            documents=progress.documents,
            chunks=progress.chunks,
            failures=list(progress.failures),
        )


@router.get("/{task_id}")
async def task_status(task_id: str, services: ServicesOf, caller: CallerOf) -> TaskStatus:
    """Say how far a task is; a finished one is known for as long as its results are kept."""
    progress = await services.progress.read(TaskId.parse(task_id), caller)
    return TaskStatus.of(task_id, progress)


@router.get("/{task_id}/events", response_class=StreamingResponse)
async def task_events(task_id: str, services: ServicesOf, caller: CallerOf) -> EventStream:
    """Tell every change of a task's progress as a server-sent event `progress`, until it has ended."""
    parsed = TaskId.parse(task_id)
    # Read once before the answer begins, so that an unknown task is a 404 and no stream.
    await services.progress.read(parsed, caller)
    return EventStream(_told(task_id, follow(services.progress, parsed, caller, LONGEST_STREAM_SECONDS)))


async def _told(task_id: str, looks: AsyncGenerator[TaskProgress | None]) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(looks):
            async for progress in looks:
                if progress is None:
                    yield KEEP_ALIVE
                else:
                    yield named_event("progress", TaskStatus.of(task_id, progress).model_dump(mode="json"))
    except KubeloreError as error:
        yield named_event("error", error_object(error))
