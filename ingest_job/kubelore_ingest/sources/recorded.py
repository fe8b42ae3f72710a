"""Documents that a knowledge base has, by their records: their sources may have gone."""

from collections.abc import Iterator

from kubelore.documents.plan import PlannedDocument
from kubelore.documents.record import DocumentRecord
from kubelore.resources.ingest_task import PrefixSource
from kubelore_ingest.job import Job
from kubelore_ingest.sources.globs import compile_glob
from kubelore_ingest.steps.record import all_records


def recorded_documents(job: Job, source: PrefixSource) -> Iterator[PlannedDocument]:
    """Yield the tenant's documents under a prefix, in no order."""
    for record in recorded(job, source):
        yield PlannedDocument(record.source, record.etag, record.bytes)


def recorded(job: Job, source: PrefixSource) -> Iterator[DocumentRecord]:
    """Yield the records of the tenant's documents under a prefix, in no order."""
    pattern = compile_glob(source.glob)
    for record in all_records(job):
        if record.tenant != job.spec.tenant or not record.source.startswith(source.prefix):
            continue
        if pattern.fullmatch(record.source.removeprefix(source.prefix).lstrip("/")):
            yield record
