"""Makes the rows that a generation keeps, and those that it finds, follow the documents' records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from kubelore.clock import now
from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.layout import safe_name
from kubelore.documents.record import DocumentRecord, Failure
from kubelore.documents.result import Stage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.filters import Compare, Comparison
from kubelore.vectorstore.rows import check_row
from kubelore_ingest.flow import Candidate, ChunkedDocument, Content, EmbeddedDocument, FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.operations.workbench import Workbench
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.rows import build_row
from kubelore_ingest.steps import chunk, embed, parse, record, write

_MOST_ATTEMPTS_TO_AGREE = 5
_DOCUMENTS_AT_ONCE = 100


class Aligner:
    """Works on documents that are in already: their texts are kept, and nothing is fetched.

    Tasks go on meanwhile. A document whose record has changed once its rows are written is done again, so whoever
    comes last leaves the rows that the record asks for.
    """

    def __init__(self, job: Job, workbench: Workbench, tally: Tally) -> None:
        self._job = job
        self._workbench = workbench
        self._tally = tally

    def align(self, documents: Sequence[DocumentRecord]) -> None:
        """Bring the rows of documents in, as far as they are missing; one that can't be brought in is counted."""
        pending = list(documents)
        for _ in range(_MOST_ATTEMPTS_TO_AGREE):
            failures = self._bring_in(pending)
            pending = self._settle(pending, failures)
            if not pending:
                return
        raise KubeloreError(ErrorCode.INTERNAL, self._job.collection, "its documents change faster than they come in")

    def clear(self, document_id: str) -> None:
        """Take the rows of a document out that has no record; one that gets its record meanwhile comes back."""
        where = Compare("document_id", Comparison.EQ, document_id)
        self._job.patiently(lambda: self._job.vectors.delete(self._job.collection, where))
        self._job.note_changed_rows()
        chunks = self._job.layout.chunks(self._job.spec.generation, document_id)
        self._job.patiently(lambda: self._job.objects.delete([chunks]))
        current = record.read_record(self._job, document_id)
        if current is not None and current.has_rows:
            self.align([current])

    def _settle(self, documents: Iterable[DocumentRecord], failures: dict[str, KubeloreError]) -> list[DocumentRecord]:
        """Count what is done, and return those whose records have changed meanwhile."""
        changed = []
        for document in documents:
            current = record.read_record(self._job, document.document_id)
            if current is None or not current.has_rows:
                self.clear(document.document_id)
                self._tally.skip()
            elif _asks_for(current) != _asks_for(document):
                changed.append(current)
            elif document.document_id in failures:
                self._tally.fail(Failure.from_error(document.source, failures[document.document_id]))
            else:
                self._tally.succeed(document.chunks)
        return changed

    def _bring_in(self, documents: Sequence[DocumentRecord]) -> dict[str, KubeloreError]:
        failures: dict[str, KubeloreError] = {}
        for job, group in _by_settings(self._job, documents):
            self._bring_group_in(job, group, failures)
        return failures

    def _bring_group_in(
        self, job: Job, documents: Sequence[DocumentRecord], failures: dict[str, KubeloreError]
    ) -> None:
        there, reused, chunked = [], [], []
        for document in documents:
            fetched = _fetched(job, document)
            if (kept := write.kept_in(job, job.spec.generation, fetched)) is not None:
                there.append(kept)
            elif (other := self._taken_over(job, fetched)) is not None:
                reused.append(other)
            else:
                chunked += self._cut(job, fetched, document, failures)
        written = [*reused, *self._embed(job, chunked, failures)]
        if there and not write.holds_exactly(job, there):
            written += there
        write.upsert(job, written)

    def _taken_over(self, job: Job, fetched: FetchedDocument) -> EmbeddedDocument | None:
        """Take over what another generation keeps, where it was made with the same settings."""
        for generation in job.spec.reuse:
            kept = write.kept_in(job, generation, fetched)
            if kept is not None:
                source, target = (job.layout.chunks(g, fetched.document_id) for g in (generation, job.spec.generation))
                job.patiently(partial(job.objects.copy, source, target))
                return kept
        return None

    def _cut(
        self, job: Job, fetched: FetchedDocument, document: DocumentRecord, failures: dict[str, KubeloreError]
    ) -> list[ChunkedDocument]:
        """Return the document with its chunks, or nothing where it is the document's own fault that there are none."""
        try:
            parsed = self._text(job, fetched)
            chunked = chunk.chunk(fetched, parsed, document.media_type, self._workbench.chunker)
            moment = now()
            for piece in chunked.chunks:
                check_row(build_row(job.spec, chunked, piece, moment))
        except KubeloreError as error:
            if error.kind.retryable:
                raise
            failures[fetched.document_id] = error
            return []
        return [chunked]

    def _text(self, job: Job, fetched: FetchedDocument) -> ParsedDocument:
        """Return the kept text, or parse the original anew where it isn't kept."""
        key = job.parsed_key(fetched.document_id, fetched.version)
        try:
            return ParsedDocument.model_validate_json(job.patiently(lambda: job.objects.get(key)))
        except KubeloreError as error:
            if error.code is not ErrorCode.OBJECT_NOT_FOUND:
                raise
        original = FetchedDocument(
            document_id=fetched.document_id,
            candidate=fetched.candidate,
            content=fetched.candidate.read(),
            version=fetched.version,
            earlier=fetched.earlier,
        )
        parsed, _ = parse.parse(original, self._workbench.sandbox, job.stop)
        write.keep_text(job, fetched, parsed)
        return parsed

    def _embed(
        self, job: Job, chunked: Sequence[ChunkedDocument], failures: dict[str, KubeloreError]
    ) -> list[EmbeddedDocument]:
        if not chunked:
            return []
        self._tally.enter(Stage.VECTORIZING)
        embedded = []
        for document, result in zip(chunked, embed.embed(job, self._workbench.embedder, chunked), strict=True):
            if isinstance(result, KubeloreError):
                failures[document.document.document_id] = result
            else:
                write.keep_rows(job, result)
                self._tally.embed(len(result.rows))
                embedded.append(result)
        return embedded


def batches(documents: Iterable[DocumentRecord]) -> Iterator[list[DocumentRecord]]:
    """Cut documents into batches that are worked together, by their number and by the chunks that they had."""
    batch: list[DocumentRecord] = []
    chunks = 0
    for document in documents:
        batch.append(document)
        chunks += document.chunks
        if chunks >= embed.MOST_CHUNKS_AT_ONCE or len(batch) >= _DOCUMENTS_AT_ONCE:
            yield batch
            batch, chunks = [], 0
    if batch:
        yield batch


def _by_settings(job: Job, documents: Iterable[DocumentRecord]) -> Iterator[tuple[Job, list[DocumentRecord]]]:
    """Group documents by what their tasks said of them: each group is written as one task would write it."""
    groups: defaultdict[str, list[DocumentRecord]] = defaultdict(list)
    for document in documents:
        told = job.for_document(document).spec
        groups[f"{told.tenant}\x1f{told.fingerprint}"].append(document)
    for group in groups.values():
        yield job.for_document(group[0]), group


def _asks_for(document: DocumentRecord) -> tuple[object, ...]:
    return document.version, document.tenant, document.task_metadata, document.access_groups


def _fetched(job: Job, document: DocumentRecord) -> FetchedDocument:
    """Return a completed document with its content left where it is kept."""
    key = job.layout.original(document.document_id, document.version, document.source)
    name = safe_name(document.source)
    candidate = Candidate(document.source, lambda: Content(job.patiently(lambda: job.objects.get(key)), name))
    return FetchedDocument(document.document_id, candidate, Content(b"", name), document.version, document)
