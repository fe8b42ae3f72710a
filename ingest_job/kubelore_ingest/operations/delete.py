"""Takes the documents of a task out: their rows first, the record of them last."""

from collections.abc import Iterable, Iterator
from functools import partial

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.ingest_task import DocumentsSource, Source
from kubelore.vectorstore.filters import And, Compare, Comparison
from kubelore_ingest.job import Job
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.sources.planned import count_planned, planned_documents
from kubelore_ingest.steps import record

_MOST_ATTEMPTS = 5


def delete(job: Job, source: Source, tally: Tally) -> None:
    """Delete each document that the source names, as far as it is there; then no search finds it any more."""
    if source.prefix is not None:
        tally.expect(count_planned(job))
        _delete_all(job, (document.source for document in planned_documents(job)), tally)
    else:
        named = list(_named(job, source))
        tally.expect(len(named))
        _delete_all(job, iter(named), tally)


def delete_documents(job: Job, sources: Iterable[str]) -> int:
    """Delete documents until asked to stop, and return how many were there."""
    deleted = 0
    for source in sources:
        if job.stop:
            break
        deleted += _delete_document(job, job.document_id(source))
    if deleted:
        job.patiently(job.vectors.settle)
    return deleted


def _delete_all(job: Job, sources: Iterator[str], tally: Tally) -> None:
    for source in sources:
        if job.stop:
            break
        if _delete_document(job, job.document_id(source)):
            tally.succeed()
        else:
            tally.skip()
    if tally.counts.succeeded:
        job.patiently(job.vectors.settle)


def _named(job: Job, source: Source) -> Iterator[str]:
    if source.object is not None:
        yield source.object.document_name or source.object.key
    if source.documents is not None:
        yield from _known_documents(job, source.documents)


def _known_documents(job: Job, source: DocumentsSource) -> Iterator[str]:
    """Yield the documents that the knowledge base knows by this name, or with this metadata."""
    if source.name is not None:
        yield source.name
    wanted = source.metadata.items()
    for document in record.all_records(job) if wanted else ():
        if document.tenant == job.spec.tenant and wanted <= document.metadata.items():
            yield document.source


def _delete_document(job: Job, document: str) -> bool:
    """Delete until nothing is left, although a worker may still be bringing the document in; say if anything was."""
    was_there = False
    for _ in range(_MOST_ATTEMPTS):
        collections = [name for name in _collections(job) if _count_rows(job, name, document)]
        keys = _keys(job, document)
        if not collections and not keys:
            return was_there
        was_there = True
        for collection in collections:
            job.patiently(partial(job.vectors.delete, collection, _where(job, document)))
        job.note_changed_rows()
        job.patiently(partial(job.objects.delete, keys))
    raise KubeloreError(ErrorCode.INTERNAL, f"document {document}", "it keeps coming back while it is deleted")


def _where(job: Job, document: str) -> And:
    return And(
        [
            Compare("tenant_id", Comparison.EQ, job.spec.tenant),
            Compare("document_id", Comparison.EQ, document),
        ]
    )


def _collections(job: Job) -> list[str]:
    """Name the collections of the generation that answers, and of those beside it."""
    generations = (job.spec.generation, *(other.generation for other in job.spec.also))
    return [job.names.collection(generation) for generation in generations]


def _count_rows(job: Job, collection: str, document: str) -> int:
    try:
        return job.patiently(lambda: job.vectors.count(collection, _where(job, document)))
    except KubeloreError as error:
        if error.code is ErrorCode.COLLECTION_NOT_FOUND:
            return 0
        raise


def _keys(job: Job, document: str) -> list[str]:
    """List the document's objects in the order in which they go: its record comes last."""
    layout = job.layout
    latest = max(job.spec.generation, *(other.generation for other in job.spec.also), 0)
    single = [*(layout.chunks(generation, document) for generation in range(1, latest + 1)), layout.record(document)]

    def find() -> list[str]:
        prefixes = (layout.parsed_of(document), layout.originals_of(document))
        listed = [info.key for prefix in prefixes for info in job.objects.list(prefix)]
        return [*listed, *(key for key in single if job.objects.stat(key) is not None)]

    return job.patiently(find)
