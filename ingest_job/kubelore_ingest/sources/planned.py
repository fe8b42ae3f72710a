"""A worker's share of a task, as it was planned."""

from collections.abc import Iterator
from functools import partial

from kubelore.documents.plan import PlannedDocument, ShardPlan, read_documents
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.job import Job


def read_plan(job: Job) -> ShardPlan | None:
    """Return the task's plan, or None before it is whole."""
    try:
        return ShardPlan.model_validate_json(job.patiently(lambda: job.objects.get(job.layout.plan(job.task_uid))))
    except KubeloreError as error:
        if error.code is ErrorCode.OBJECT_NOT_FOUND:
            return None
        raise


def count_planned(job: Job) -> int:
    """Count the documents of this worker's share."""
    return _plan(job).documents_of(job.shard)


def planned_documents(job: Job) -> Iterator[PlannedDocument]:
    """Yield the documents of this worker's share, in the same order on every attempt."""
    for part in _plan(job).parts_of(job.shard):
        key = job.layout.plan_part(job.task_uid, part)
        yield from read_documents(job.patiently(partial(job.objects.get, key)))


def _plan(job: Job) -> ShardPlan:
    plan = read_plan(job)
    if plan is None:
        raise KubeloreError(ErrorCode.OBJECT_NOT_FOUND, f"plan of task {job.task_uid}", "the task was not planned")
    return plan
