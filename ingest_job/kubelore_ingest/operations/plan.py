"""Shares the documents of a prefix out over shards, of which each worker finds its own in the object store."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from kubelore.documents.plan import PlannedDocument, ShardPlan, write_documents
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import JobOperation
from kubelore.resources.ingest_task import PrefixSource
from kubelore_ingest.job import Job
from kubelore_ingest.sources.bucket import prefix_objects
from kubelore_ingest.sources.planned import read_plan
from kubelore_ingest.sources.recorded import recorded_documents

MOST_SHARDS = 500
"""Pods of one task: each of them reports its progress into the task's status, which has to stay small."""


@dataclass(frozen=True, slots=True)
class PartLimit:
    """When a part is full: it is enough to reach one of them."""

    documents: int = 200
    bytes: int = 128 * 1024 * 1024


def plan(job: Job, source: PrefixSource) -> ShardPlan:
    """Write the plan of a task part by part, so that memory does not grow with the documents.

    A plan that is whole stays as it is, whoever asks again: a worker's share must not change between its attempts.
    """
    known = read_plan(job)
    if known is not None:
        return known
    counts: list[int] = []
    for documents in cut(_documents(job, source), workers=job.spec.shards):
        if job.stop:
            raise KubeloreError(ErrorCode.CANCELLED, f"plan of task {job.task_uid}")
        _put(job, job.layout.plan_part(job.task_uid, len(counts)), write_documents(documents))
        counts.append(len(documents))
    made = ShardPlan(shards=min(len(counts), MOST_SHARDS), parts=tuple(counts))
    _put(job, job.layout.plan(job.task_uid), made.to_json().encode())
    return made


def cut(
    documents: Iterator[PlannedDocument],
    workers: int,
    most: PartLimit = PartLimit(),
) -> Iterator[list[PlannedDocument]]:
    """Cut documents into parts; few documents into smaller ones, so that every worker gets some."""
    held = list(islice(documents, workers * most.documents))
    share = -(-len(held) // workers)
    return _parts(chain(held, documents), PartLimit(min(share, most.documents), most.bytes))


def _parts(documents: Iterator[PlannedDocument], limit: PartLimit) -> Iterator[list[PlannedDocument]]:
    part: list[PlannedDocument] = []
    size = 0
    for document in documents:
        part.append(document)
        size += document.size
        if len(part) >= limit.documents or size >= limit.bytes:
            yield part
            part, size = [], 0
    if part:
        yield part


def _documents(job: Job, source: PrefixSource) -> Iterator[PlannedDocument]:
    """Name what is there to bring in, or what was brought in to take out."""
    if job.spec.planned is JobOperation.DELETE:
        return recorded_documents(job, source)
    return prefix_objects(job, source)


def _put(job: Job, key: str, data: bytes) -> None:
    job.patiently(partial(job.objects.put, key, data, "application/json"))
