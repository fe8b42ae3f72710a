"""Keeps documents from coming in that nobody has begun to read."""

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.store import ResourceStore
from kubelore_api.ingest.task_id import TaskId


async def cancel_unbegun(resources: ResourceStore, task_id: TaskId) -> None:
    """Delete a task unless a worker is at it, or was: a document comes in whole or not at all.

    Raises KubeloreError as the store does, but not for a task that is gone.
    """
    while (task := await _unbegun(resources, task_id)) is not None:
        if await resources.cancel_ingest_task(task):
            return


async def _unbegun(resources: ResourceStore, task_id: TaskId) -> IngestTask | None:
    try:
        task = await resources.ingest_task(task_id.namespace, task_id.task)
    except KubeloreError as error:
        if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
            raise
        return None
    is_unbegun = task.status.phase is TaskPhase.PENDING and task.status.started_at is None
    return task if is_unbegun and task.metadata.uid == task_id.uid and not task.is_being_deleted else None
