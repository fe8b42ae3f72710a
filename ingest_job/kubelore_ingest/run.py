"""Carries an operation out, writes down how it ended, and says with which code to exit."""

import logging
from dataclasses import replace
from pathlib import Path

from kubelore.clock import precise_now
from kubelore.documents.models import StoredModel
from kubelore.documents.record import Failure
from kubelore.documents.result import (
    EXIT_DOCUMENT_IS_BAD,
    EXIT_OK,
    EXIT_RETRY,
    KnowledgeBaseTotals,
    TerminationMessage,
)
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import JobOperation
from kubelore.objectstore.factory import make_bucket_store
from kubelore.resources.ingest_task import PrefixSource, Source
from kubelore.resources.knowledge_base import Sync
from kubelore.vectorstore.filters import And, Compare, Comparison
from kubelore_ingest.job import Job
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.reporting.termination import write

_log = logging.getLogger(__name__)


def run(job: Job, tally: Tally, termination: Path) -> int:
    """Carry the job out and return the exit code; the manifest and the termination message are written before."""
    try:
        message = _carry_out(job, tally)
        job.patiently(lambda: _write_manifest(job, tally))
        code = _exit_code(job, tally)
    except KubeloreError as error:
        _log.exception("the worker gives up")
        message, code = _report_cause(job, tally, error), EXIT_RETRY
    except Exception as error:  # noqa: BLE001 - however it ends, it says how
        _log.exception("the worker met a fault of ours")
        internal = KubeloreError(ErrorCode.INTERNAL, subject_of(job), type(error).__name__)
        message, code = _report_cause(job, tally, internal), EXIT_RETRY
    tally.finish()
    write(message, termination)
    return code


def subject_of(job: Job) -> str:
    """Name what the worker works for."""
    name = f"IngestTask {job.spec.task.name}" if job.spec.task else f"KnowledgeBase {job.spec.knowledge_base}"
    return f"{name} in {job.spec.namespace}"


def _carry_out(job: Job, tally: Tally) -> TerminationMessage:
    """Do what the job says; each operation is imported for itself, for each needs other libraries."""
    match job.spec.operation:
        case JobOperation.UPSERT:
            from kubelore_ingest.operations.upsert import upsert  # noqa: PLC0415 - see above

            upsert(job, _source(job), tally)
            return _counts(job, tally)
        case JobOperation.DELETE:
            from kubelore_ingest.operations.delete import delete  # noqa: PLC0415 - see above

            delete(job, _source(job), tally)
            return _counts(job, tally)
        case JobOperation.PREPARE:
            from kubelore_ingest.operations.prepare import prepare  # noqa: PLC0415 - see above

            return prepare(job).model_copy(update={"totals": _totals(job)})
        case JobOperation.PLAN:
            from kubelore_ingest.operations.plan import plan  # noqa: PLC0415 - see above

            return TerminationMessage(plan=plan(job, _prefix(job)).summary)
        case JobOperation.PURGE:
            from kubelore_ingest.operations.purge import purge  # noqa: PLC0415 - see above

            purge(job)
            return TerminationMessage()
        case _:
            return _maintain(job, tally)


def _maintain(job: Job, tally: Tally) -> TerminationMessage:
    """Do what is done to a whole knowledge base while it answers."""
    learned: dict[str, StoredModel | int | None] = {}
    match job.spec.operation:
        case JobOperation.REINDEX:
            from kubelore_ingest.operations.reindex import reindex  # noqa: PLC0415 - see above

            reindex(job, tally)
        case JobOperation.PROMOTE:
            from kubelore_ingest.operations.promote import promote  # noqa: PLC0415 - see above

            learned["dimension"] = promote(job, tally)
        case JobOperation.REBUILD:
            from kubelore_ingest.operations.rebuild import rebuild  # noqa: PLC0415 - see above

            learned["verification"] = rebuild(job, tally)
        case JobOperation.RETIRE:
            from kubelore_ingest.operations.retire import retire  # noqa: PLC0415 - see above

            retire(job)
        case JobOperation.VERIFY:
            from kubelore_ingest.operations.verify import verify  # noqa: PLC0415 - see above

            learned["verification"] = verify(job, tally)
        case JobOperation.SYNC:
            from kubelore_ingest.operations.sync import sync  # noqa: PLC0415 - see above

            learned["sync"] = sync(_reading_elsewhere(job), _sync(job), tally)
    return _counts(job, tally).model_copy(update=learned)


def _source(job: Job) -> Source:
    if job.spec.source is None:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, subject_of(job), "the job names no source")
    return job.spec.source


def _prefix(job: Job) -> PrefixSource:
    prefix = _source(job).prefix
    if prefix is None:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, subject_of(job), "only a prefix is planned")
    return prefix


def _sync(job: Job) -> Sync:
    if job.spec.sync is None:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, subject_of(job), "the job does not say what to sync")
    return job.spec.sync


def _reading_elsewhere(job: Job) -> Job:
    """Return the job with the bucket that the sync names as the one that documents are read from."""
    bucket = _sync(job).bucket
    return job if bucket is None else replace(job, other_sources=make_bucket_store(job.settings, bucket))


def _counts(job: Job, tally: Tally) -> TerminationMessage:
    failures = list(tally.failures)
    if _was_stopped(job, tally):
        failures.insert(0, Failure.from_error("", KubeloreError(ErrorCode.CANCELLED, subject_of(job))))
    return TerminationMessage(
        documents=tally.counts, chunks=tally.chunks, failures=tuple(failures), totals=_totals(job)
    )


def _totals(job: Job) -> KnowledgeBaseTotals | None:
    """Count what the knowledge base holds; its own work does not fail for want of that."""
    first_chunks = Compare("chunk_id", Comparison.EQ, 0)
    counted_at = precise_now()
    try:
        return KnowledgeBaseTotals(
            counted_at=counted_at,
            documents=job.vectors.count(job.names.alias, first_chunks),
            chunks=job.vectors.count(job.names.alias, And(())),
        )
    except KubeloreError as error:
        _log.warning("the knowledge base could not be counted", extra={"cause": error.message})
        return None


def _exit_code(job: Job, tally: Tally) -> int:
    """Tell a bad document from a passing trouble; of many documents some may fail."""
    if _was_stopped(job, tally):
        return EXIT_RETRY
    is_single = job.spec.source is not None and job.spec.source.prefix is None
    if not is_single or not tally.failures:
        return EXIT_OK
    return EXIT_RETRY if tally.failures[0].retryable else EXIT_DOCUMENT_IS_BAD


def _was_stopped(job: Job, tally: Tally) -> bool:
    return bool(job.stop) and tally.counts.done < tally.counts.total


def _report_cause(job: Job, tally: Tally, error: KubeloreError) -> TerminationMessage:
    """Report what stopped the work before the documents' own failures, and keep what was done as far as that goes."""
    try:
        _write_manifest(job, tally)
    except KubeloreError as lost:
        _log.warning("the result manifest could not be written", extra={"cause": lost.message})
    cause = Failure.from_error("", error)
    return TerminationMessage(documents=tally.counts, chunks=tally.chunks, failures=(cause, *tally.failures))


def _write_manifest(job: Job, tally: Tally) -> None:
    if job.spec.task is None or job.spec.operation is JobOperation.PLAN:
        return
    key = job.layout.result(job.spec.task.uid, job.shard)
    manifest = tally.manifest(job.spec, job.shard).to_json().encode()
    job.objects.put(key, manifest, "application/json")
