"""Keeps documents from coming in that nobody has begun to read."""

from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.store import ResourceStore
from kubelore_api.ingest.stored import task_if_there
from kubelore_api.ingest.task_id import TaskId


async def cancel_unbegun(resources: ResourceStore, task_id: TaskId) -> None:
    """Delete a task unless a worker is at it, or was: a document comes in whole or not at all.

    Raises KubeloreError as the store does, but not for a task that is gone.
    """
    while (task := await _unbegun(resources, task_id)) is not None:
        if await resources.cancel_ingest_task(task):
            return


async def _unbegun(resources: ResourceStore, task_id: TaskId) -> IngestTask | None:
    task = await task_if_there(resources, task_id)
    if task is None or task.is_being_deleted:
        return None
    return task if task.status.phase is TaskPhase.PENDING and task.status.started_at is None else None
