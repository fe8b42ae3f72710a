"""Takes the documents of a task out: their rows first, the record of them last."""

from collections.abc import Iterator
from functools import partial

from pydantic import ValidationError

from kubelore.documents.record import DocumentRecord
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.ingest_task import PrefixSource, Source
from kubelore.vectorstore.filters import And, Compare, Comparison
from kubelore_ingest.job import Job
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.sources.globs import compile_glob
from kubelore_ingest.sources.sharing import belongs_to

_MOST_ATTEMPTS = 5


def delete(job: Job, source: Source, tally: Tally) -> None:
    """Delete each document that the source names, as far as it is there; then no search finds it any more."""
    documents = [job.document_id(source_name) for source_name in _sources(job, source)]
    tally.expect(len(documents))
    for document in documents:
        if job.stop:
            break
        if _delete_document(job, document):
            tally.succeed()
        else:
            tally.skip()
    if tally.counts.succeeded:
        job.patiently(job.vectors.settle)


def _sources(job: Job, source: Source) -> Iterator[str]:
    if source.object is not None:
        yield source.object.document_name or source.object.key
    if source.prefix is not None:
        yield from _recorded_sources(job, source.prefix)


def _recorded_sources(job: Job, source: PrefixSource) -> Iterator[str]:
    """Yield this worker's share of the documents under a prefix, by their records: the objects may have gone."""
    pattern = compile_glob(source.glob)
    for key in job.patiently(lambda: [info.key for info in job.objects.list(job.layout.records)]):
        record = _read(job, key)
        if record is None or record.tenant != job.spec.tenant or not record.source.startswith(source.prefix):
            continue
        rest = record.source.removeprefix(source.prefix).lstrip("/")
        if pattern.fullmatch(rest) and belongs_to(record.source, job.shard, job.spec.shards):
            yield record.source


def _read(job: Job, key: str) -> DocumentRecord | None:
    try:
        return DocumentRecord.model_validate_json(job.patiently(lambda: job.objects.get(key)))
    except ValidationError:
        return None
    except KubeloreError as error:
        if error.code is ErrorCode.OBJECT_NOT_FOUND:
            return None
        raise


def _delete_document(job: Job, document: str) -> bool:
    """Delete until nothing is left, although a worker may still be bringing the document in; say if anything was."""
    was_there = False
    for _ in range(_MOST_ATTEMPTS):
        rows = _count_rows(job, document)
        keys = _keys(job, document)
        if not rows and not keys:
            return was_there
        was_there = True
        _delete_rows(job, document)
        job.patiently(partial(job.objects.delete, keys))
    raise KubeloreError(ErrorCode.INTERNAL, f"document {document}", "it keeps coming back while it is deleted")


def _where(job: Job, document: str) -> And:
    return And(
        [
            Compare("tenant_id", Comparison.EQ, job.spec.tenant),
            Compare("document_id", Comparison.EQ, document),
        ]
    )


def _count_rows(job: Job, document: str) -> int:
    try:
        return job.patiently(lambda: job.vectors.count(job.collection, _where(job, document)))
    except KubeloreError as error:
        if error.code is ErrorCode.COLLECTION_NOT_FOUND:
            return 0
        raise


def _delete_rows(job: Job, document: str) -> None:
    job.patiently(lambda: job.vectors.delete(job.collection, _where(job, document)))


def _keys(job: Job, document: str) -> list[str]:
    """List the document's objects in the order in which they go: its record comes last."""
    layout = job.layout
    generations = [layout.chunks(generation, document) for generation in range(1, job.spec.generation + 1)]
    single = [*generations, layout.record(document)]

    def find() -> list[str]:
        prefixes = (layout.parsed_of(document), layout.originals_of(document))
        listed = [info.key for prefix in prefixes for info in job.objects.list(prefix)]
        return [*listed, *(key for key in single if job.objects.stat(key) is not None)]

    return job.patiently(find)
