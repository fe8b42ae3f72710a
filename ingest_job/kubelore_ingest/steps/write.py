"""Writes documents: to the object store first, which is the truth, then to the vector store, which follows it."""

from collections.abc import Iterator, Sequence
from functools import partial

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.filters import And, Compare, Comparison, Filter, Or
from kubelore_ingest.flow import EmbeddedDocument, FetchedDocument
from kubelore_ingest.job import Job

_DOCUMENTS_A_DELETE = 100


def keep(job: Job, document: EmbeddedDocument) -> None:
    """Keep the original, its text and its rows with vectors in the object store, in this order.

    An upload already lies where originals do.
    """
    if document.chunked is None:
        return
    fetched, layout, objects = document.document, job.layout, job.objects
    keys = fetched.document_id, fetched.version
    original = layout.original(*keys, fetched.source)
    if job.patiently(lambda: objects.stat(original)) is None:
        job.patiently(lambda: objects.put(original, fetched.content.data, document.media_type))
    keep_text(job, fetched, document.chunked.parsed)
    keep_rows(job, document)


def keep_text(job: Job, fetched: FetchedDocument, parsed: ParsedDocument) -> None:
    """Keep a document's text, which the chunks of every generation are cut from that reads it in the same way."""
    key = job.parsed_key(fetched.document_id, fetched.version)
    job.patiently(lambda: job.objects.put(key, parsed.to_json().encode(), "application/json"))


def keep_rows(job: Job, document: EmbeddedDocument) -> None:
    """Keep a document's rows with vectors for the job's generation."""
    from kubelore_ingest.kept_rows import KeptRows, write_rows  # noqa: PLC0415 - pyarrow: only where something changed

    fetched = document.document
    rows = write_rows(KeptRows(fetched.version, job.spec.fingerprint, document.media_type, document.rows))
    chunks = job.layout.chunks(job.spec.generation, fetched.document_id)
    job.patiently(lambda: job.objects.put(chunks, rows, "application/vnd.apache.parquet"))


def kept_earlier(job: Job, fetched: FetchedDocument) -> EmbeddedDocument | None:
    """Return the rows that an earlier attempt kept of the same content with the same settings."""
    return kept_in(job, job.spec.generation, fetched)


def kept_in(job: Job, generation: int, fetched: FetchedDocument) -> EmbeddedDocument | None:
    """Return the rows that a generation keeps of the same content, made with the job's settings."""
    from kubelore_ingest.kept_rows import read_rows  # noqa: PLC0415 - as above

    key = job.layout.chunks(generation, fetched.document_id)
    try:
        kept = read_rows(job.patiently(lambda: job.objects.get(key)))
    except KubeloreError as error:
        if error.code is ErrorCode.OBJECT_NOT_FOUND:
            return None
        raise
    if kept is None or not kept.rows or (kept.version, kept.fingerprint) != (fetched.version, job.spec.fingerprint):
        return None
    first = kept.rows[0]
    return EmbeddedDocument(fetched, kept.rows, first.title, kept.media_type, first.metadata)


def upsert(job: Job, documents: Sequence[EmbeddedDocument]) -> None:
    """Write the rows of documents to the vector store, and then delete every other row that these documents have."""
    rows = [row for document in documents for row in document.rows]
    job.patiently(lambda: job.vectors.upsert(job.collection, rows))
    for part in _parts(documents):
        stale = Or([_stale_rows(job, document) for document in part])
        job.patiently(partial(job.vectors.delete, job.collection, stale))
    if documents:
        job.note_changed_rows()


def holds_exactly(job: Job, documents: Sequence[EmbeddedDocument]) -> bool:
    """Say whether the vector store holds these documents' rows and no other rows of theirs."""
    for part in _parts(documents):
        theirs = Or([_equals("document_id", document.document.document_id) for document in part])
        current = Or([And(_current_version(document)) for document in part])
        expected = sum(len(document.rows) for document in part)
        for where in (theirs, current):
            if job.patiently(partial(job.vectors.count, job.collection, where)) != expected:
                return False
    return True


def _stale_rows(job: Job, document: EmbeddedDocument) -> Filter:
    """Describe rows of other versions, and those that a longer cut of this version left behind."""
    fetched = document.document
    return And(
        [
            _equals("tenant_id", job.spec.tenant),
            _equals("document_id", fetched.document_id),
            Or(
                [
                    Compare("document_version", Comparison.NE, fetched.version),
                    Compare("chunk_id", Comparison.GE, len(document.rows)),
                ]
            ),
        ]
    )


def _current_version(document: EmbeddedDocument) -> list[Filter]:
    fetched = document.document
    return [_equals("document_id", fetched.document_id), _equals("document_version", fetched.version)]


def _equals(field: str, value: str) -> Filter:
    return Compare(field, Comparison.EQ, value)


def _parts(documents: Sequence[EmbeddedDocument]) -> Iterator[Sequence[EmbeddedDocument]]:
    for start in range(0, len(documents), _DOCUMENTS_A_DELETE):
        yield documents[start : start + _DOCUMENTS_A_DELETE]
