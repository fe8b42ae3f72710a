"""How far an upload is."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts
from kubelore.resources.ingest_task import TaskPhase
from kubelore_api.ingest.task_id import TaskId
from kubelore_api.routes.dependencies import CallerOf, ServicesOf

router = APIRouter(prefix="/task-status", tags=["documents"])


class TaskStatus(BaseModel):
    """How far a task is."""

    task_id: str
    status: TaskPhase
    progress: str = Field(description="Documents done of all, such as `12/80`; empty before the first is known.")
    documents: DocumentCounts
    chunks: int
    failures: list[Failure]


@router.get("/{task_id}")
async def task_status(task_id: str, services: ServicesOf, caller: CallerOf) -> TaskStatus:
    """Say how far a task is; a finished one is known for as long as its results are kept."""
    progress = await services.progress.read(TaskId.parse(task_id), caller)
    return TaskStatus(
        task_id=task_id,
        status=progress.phase,
        progress=progress.progress,
        documents=progress.documents,
        chunks=progress.chunks,
        failures=list(progress.failures),
    )
