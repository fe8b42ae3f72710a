"""Documents that are objects of the knowledge base's bucket."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from kubelore.documents.layout import owner_namespace
from kubelore.documents.plan import PlannedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.keys import check_key
from kubelore.resources.ingest_task import ObjectSource, PrefixSource
from kubelore_ingest.flow import Candidate, Content
from kubelore_ingest.job import Job
from kubelore_ingest.sources.globs import compile_glob
from kubelore_ingest.sources.limits import check_size
from kubelore_ingest.sources.listing import listed


def object_candidate(job: Job, source: ObjectSource) -> Candidate:
    """Return the document of one object."""
    name = source.document_name or source.key
    return Candidate(source=name, read=partial(_read_allowed, job, source.key, name))


def planned_candidate(job: Job, document: PlannedDocument) -> Candidate:
    """Return the document of an object that was listed when the task was planned."""
    return Candidate(source=document.source, read=partial(_read, job, document.source), etag=document.etag)


def prefix_objects(job: Job, source: PrefixSource) -> Iterator[PlannedDocument]:
    """List the objects under a prefix, without folder markers and what knowledge bases keep for themselves."""
    pattern = compile_glob(source.glob)
    for info in listed(job, job.sources, source.prefix):
        is_wanted = pattern.fullmatch(info.key.removeprefix(source.prefix).lstrip("/")) is not None
        is_document = not info.key.endswith("/") and owner_namespace(info.key) is None
        if is_wanted and is_document:
            yield PlannedDocument(info.key, info.etag, info.size)


def _read_allowed(job: Job, key: str, name: str) -> Content:
    """Read an object unless a knowledge base keeps it, but for an upload: this document's own original."""
    uploads = job.layout.originals_of(job.document_id(name))
    if owner_namespace(key) is not None and not key.startswith(uploads):
        raise KubeloreError(ErrorCode.SOURCE_FORBIDDEN, f"object {key!r}", "a knowledge base keeps it for itself")
    return replace(_read(job, key), file_name=name if PurePosixPath(name).suffix else key)


def _read(job: Job, key: str) -> Content:
    """Read an object after its ETag: one that changes in between is of an older ETag, and is read again next time."""
    _check_key(key)
    info = job.patiently(lambda: job.sources.stat(key))
    if info is None:
        raise KubeloreError(ErrorCode.SOURCE_NOT_FOUND, f"object {key!r}")
    check_size(f"object {key!r}", info.size, job.spec.max_document_bytes)
    return Content(job.patiently(partial(_get, job, key)), file_name=key, etag=info.etag)


def _get(job: Job, key: str) -> bytes:
    try:
        return job.sources.get(key)
    except KubeloreError as error:
        if error.code is ErrorCode.OBJECT_NOT_FOUND:
            raise KubeloreError(ErrorCode.SOURCE_NOT_FOUND, f"object {key!r}") from error
        raise


def _check_key(key: str) -> None:
    """Take a key that no object can have for one that none has."""
    try:
        check_key(key)
    except KubeloreError as error:
        raise KubeloreError(ErrorCode.SOURCE_NOT_FOUND, error.subject, error.detail) from error
