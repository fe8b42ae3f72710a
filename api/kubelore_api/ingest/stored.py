"""Reads what may not be there."""

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.store import ResourceStore
from kubelore_api.ingest.task_id import TaskId


def object_if_there(objects: ObjectStore, key: str) -> bytes | None:
    """Return an object's content, or None where there is none; blocks."""
    try:
        return objects.get(key)
    except KubeloreError as error:
        if error.code is not ErrorCode.OBJECT_NOT_FOUND:
            raise
        return None


async def task_if_there(resources: ResourceStore, task_id: TaskId) -> IngestTask | None:
    """Return the task that has this id, and not a later one of its name; None where it has gone."""
    try:
        task = await resources.ingest_task(task_id.namespace, task_id.task)
    except KubeloreError as error:
        if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
            raise
        return None
    return task if task.metadata.uid == task_id.uid else None
