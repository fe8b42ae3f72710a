"""Reads and writes what is known of documents; COMPLETED is the last thing that is written of one."""

from collections.abc import Iterator

from pydantic import ValidationError

from kubelore.clock import now
from kubelore.documents.layout import safe_name
from kubelore.documents.record import DocumentRecord, DocumentState, Failure
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import Candidate, EmbeddedDocument, FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.sources.listing import listed


def read_record(job: Job, document_id: str) -> DocumentRecord | None:
    """Return what is known of a document; a record that can't be read is as good as none."""
    return _read(job, job.layout.record(document_id))


def all_records(job: Job) -> Iterator[DocumentRecord]:
    """Read the record of every document; one that goes meanwhile is left out."""
    for info in listed(job, job.objects, job.layout.records):
        record = _read(job, info.key)
        if record is not None:
            yield record


def is_unchanged(job: Job, document: FetchedDocument) -> bool:
    """Say whether the document's rows are those that this run would write."""
    earlier, spec = document.earlier, job.spec
    wanted = (document.version, spec.generation, spec.fingerprint)
    return earlier is not None and (earlier.version, earlier.generation, earlier.fingerprint) == wanted


def is_untouched(job: Job, candidate: Candidate, earlier: DocumentRecord) -> bool:
    """Say, without reading it, whether a document's object is the one that its rows were made from as now."""
    known = (earlier.etag, earlier.generation, earlier.fingerprint)
    return candidate.etag != "" and known == (candidate.etag, job.spec.generation, job.spec.fingerprint)


def is_own_work(job: Job, record: DocumentRecord) -> bool:
    """Say whether this task brought the document in, in an earlier attempt."""
    return record.task_uid != "" and record.task_uid == job.task_uid


def record_completed(job: Job, embedded: EmbeddedDocument) -> None:
    """Write that the document is in."""
    document = embedded.document
    write_record(
        job,
        DocumentRecord(
            document_id=document.document_id,
            source=document.source,
            tenant=job.spec.tenant,
            name=safe_name(document.source),
            title=embedded.title,
            media_type=embedded.media_type,
            bytes=len(document.content.data),
            state=DocumentState.COMPLETED,
            version=document.version,
            etag=document.content.etag,
            fingerprint=job.spec.fingerprint,
            generation=job.spec.generation,
            chunks=len(embedded.rows),
            metadata=embedded.metadata,
            task_metadata=job.spec.metadata,
            access_groups=job.spec.access_groups,
            task_uid=job.task_uid,
            updated_at=now(),
        ),
    )


def record_still_completed(job: Job, earlier: DocumentRecord, etag: str) -> None:
    """Take back a failure that came after, and note the object's new ETag: the content is the completed version's."""
    if (earlier.state, earlier.etag) != (DocumentState.COMPLETED, etag):
        changes = {"state": DocumentState.COMPLETED, "failure": None, "etag": etag, "updated_at": now()}
        write_record(job, earlier.model_copy(update=changes))


def record_failed(job: Job, candidate: Candidate, failure: Failure, earlier: DocumentRecord | None) -> None:
    """Write why the document failed; what an earlier success left stays."""
    known = earlier or DocumentRecord(
        document_id=job.document_id(candidate.source),
        source=candidate.source,
        tenant=job.spec.tenant,
        name=safe_name(candidate.source),
        state=DocumentState.FAILED,
        updated_at=now(),
    )
    changes = {"state": DocumentState.FAILED, "failure": failure, "updated_at": now()}
    write_record(job, known.model_copy(update=changes))


def write_record(job: Job, record: DocumentRecord) -> None:
    """Put a record in its place."""
    key = job.layout.record(record.document_id)
    job.patiently(lambda: job.objects.put(key, record.to_json().encode(), "application/json"))


def _read(job: Job, key: str) -> DocumentRecord | None:
    try:
        return DocumentRecord.model_validate_json(job.patiently(lambda: job.objects.get(key)))
    except ValidationError:
        return None
    except KubeloreError as error:
        if error.code is ErrorCode.OBJECT_NOT_FOUND:
            return None
        raise
