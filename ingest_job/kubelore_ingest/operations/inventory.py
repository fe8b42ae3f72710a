"""Compares what records ask for with what a generation keeps and what it finds, both ways."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kubelore.clock import precise_now
from kubelore.documents.ids import chunk_key
from kubelore.documents.record import DocumentRecord
from kubelore.vectorstore.filters import Compare, Comparison
from kubelore.vectorstore.interface import RowKey
from kubelore_ingest.flow import Candidate, Content, FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.steps import record, write


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was compared and what doesn't fit.

    `gaps` are documents whose rows or chunks are not those that their records ask for, `orphans` the ids of documents
    without a record of which rows or chunks are left.
    """

    documents: int
    rows: int
    gaps: tuple[DocumentRecord, ...]
    orphans: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether everything fits."""
        return not self.gaps and not self.orphans


def take_inventory(job: Job) -> Inventory:
    """Compare the job's generation; what changed while it was looked at is looked at once more.

    Documents are held in memory by their records, rows are only counted.
    """
    records = {each.document_id: each for each in record.all_records(job) if each.has_rows}
    kept = _kept(job)
    expected = {name: _expected(job, each, kept) for name, each in records.items()}
    found: Counter[str] = Counter()
    strays: set[str] = set()
    rows = 0
    for key in job.vectors.keys(job.collection):
        rows += 1
        if _belongs(key, records.get(key.document_id), expected):
            found[key.document_id] += 1
        else:
            strays.add(key.document_id)
    suspects = [records[name] for name in records if found[name] != expected[name] or name in strays]
    return Inventory(
        documents=len(records),
        rows=rows,
        gaps=tuple(each for each in suspects if _is_still_wrong(job, each)),
        orphans=tuple(sorted(name for name in (strays | kept.keys()) - records.keys() if _is_orphan(job, name, kept))),
    )


def _kept(job: Job) -> Mapping[str, datetime]:
    """Return the documents whose chunks the generation keeps, and since when."""
    prefix = job.layout.chunks_of(job.spec.generation)
    listed = job.patiently(lambda: list(job.objects.list(prefix)))
    return {job.layout.document_of(info.key): info.modified for info in listed}


def _expected(job: Job, document: DocumentRecord, kept: Mapping[str, datetime]) -> int | None:
    """Return how many rows the document has to have, or None where the chunks for them are not kept.

    A record counts the chunks of the generation that answered when the document came in.
    """
    if document.document_id not in kept:
        return None
    if document.generation == job.spec.generation:
        return document.chunks
    own = job.for_document(document)
    candidate = Candidate(document.source, lambda: Content(b"", document.name))
    fetched = FetchedDocument(document.document_id, candidate, candidate.read(), document.version, document)
    rows = write.kept_in(own, job.spec.generation, fetched)
    return len(rows.rows) if rows is not None else None


def _belongs(key: RowKey, document: DocumentRecord | None, expected: Mapping[str, int | None]) -> bool:
    """Say whether a row is one of those that the document has to have."""
    count = expected.get(key.document_id)
    if document is None or count is None or not 0 <= key.chunk_id < count:
        return False
    right_key = chunk_key(document.tenant, document.document_id, document.version, key.chunk_id)
    return (key.id, key.tenant_id, key.document_version) == (right_key, document.tenant, document.version)


def _is_still_wrong(job: Job, document: DocumentRecord) -> bool:
    """Say whether it is the same document as before: one that a task has changed meanwhile is that task's care."""
    current = record.read_record(job, document.document_id)
    return current is not None and current.version == document.version


def _is_orphan(job: Job, document_id: str, kept: Mapping[str, datetime]) -> bool:
    """Say whether nobody asks for what is left: a document on its way in has chunks before it has a record."""
    since = kept.get(document_id)
    if since is not None and precise_now() - since < timedelta(seconds=job.in_flight_seconds):
        return False
    if record.read_record(job, document_id) is not None:
        return False
    where = Compare("document_id", Comparison.EQ, document_id)
    return since is not None or job.patiently(lambda: job.vectors.count(job.collection, where)) > 0
