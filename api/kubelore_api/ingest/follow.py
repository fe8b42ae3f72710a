"""Follows a task from one change of its progress to the next."""

import asyncio
from collections.abc import AsyncGenerator

from kubelore.clock import Deadline
from kubelore_api.access.caller import Caller
from kubelore_api.ingest.progress import ProgressReader, TaskProgress
from kubelore_api.ingest.task_id import TaskId

_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 2.0
"""Workers report at most every two seconds."""


async def follow(
    reader: ProgressReader, task_id: TaskId, caller: Caller, seconds: float
) -> AsyncGenerator[TaskProgress | None]:
    """Yield the progress at first and at each change until the task has ended or the time is over.

    Yields None for each look that found no change. Raises KubeloreError as reading does.
    """
    deadline, wait, told = Deadline(seconds), _FIRST_WAIT_SECONDS, None
    while True:
        progress = await reader.read(task_id, caller)
        yield progress if progress != told else None
        if progress.phase.is_final or deadline.passed:
            return
        wait = _FIRST_WAIT_SECONDS if progress != told else min(wait * 1.5, _LONGEST_WAIT_SECONDS)
        told = progress
        await asyncio.sleep(min(wait, deadline.remaining))
