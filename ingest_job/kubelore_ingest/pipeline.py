"""Takes the documents of a source through the steps, a batch at a time."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from kubelore.clock import now
from kubelore.documents.record import DocumentRecord, Failure
from kubelore.documents.result import Stage
from kubelore.embedding.interface import Embedder
from kubelore.errors import Component, ErrorCode, KubeloreError
from kubelore.vectorstore.filters import Or
from kubelore.vectorstore.rows import check_row
from kubelore_ingest.chunkers.chunker import Chunker
from kubelore_ingest.flow import Candidate, ChunkedDocument, EmbeddedDocument, FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.one_behind import OneBehind
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.rows import build_row
from kubelore_ingest.sandbox import ParserSandbox
from kubelore_ingest.steps import chunk, embed, fetch, parse, record, write

_MOST_ATTEMPTS_TO_AGREE = 5
_MOST_FILE_BYTES = 32 * 1024 * 1024
_OWN_COMPONENTS = frozenset({Component.FETCH, Component.PARSE, Component.CHUNK, Component.INTERNAL})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps work with."""

    sandbox: ParserSandbox
    chunker: Chunker
    embedder: Embedder


@dataclass(slots=True)
class Batch:
    """Documents that are embedded and written together, bounded in chunks, bytes of text and bytes of files."""

    chunked: list[ChunkedDocument] = field(default_factory=list)
    kept: list[EmbeddedDocument] = field(default_factory=list)
    _chunks: int = 0
    _text_bytes: int = 0
    _file_bytes: int = 0

    def add(self, document: ChunkedDocument | EmbeddedDocument) -> None:
        """Take one more document in."""
        self._file_bytes += len(document.document.content.data)
        if isinstance(document, ChunkedDocument):
            self.chunked.append(document)
            self._chunks += len(document.chunks)
            self._text_bytes += sum(len(piece.text.encode()) for piece in document.chunks)
        else:
            self.kept.append(document)
            self._chunks += len(document.rows)

    @property
    def is_full(self) -> bool:
        """Whether it should be worked before more is read."""
        return (
            self._chunks >= embed.MOST_CHUNKS_AT_ONCE
            or self._text_bytes >= embed.MOST_BYTES_AT_ONCE
            or self._file_bytes >= _MOST_FILE_BYTES
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.chunked and not self.kept


class Followers(Protocol):
    """Other generations, which take over what was brought in."""

    def follow(self, documents: Sequence[EmbeddedDocument]) -> None:
        """Take over documents whose records say that they are in."""
        ...


class Pipeline:
    """Brings the documents of one shard in; a document's own faults are counted, those of the stores are raised."""

    def __init__(self, job: Job, tools: Tools, tally: Tally, followers: Followers) -> None:
        self._job = job
        self._tools = tools
        self._tally = tally
        self._followers = followers

    def run(self, candidates: Iterator[Candidate]) -> None:
        """Work until every document came to an end, or the worker is asked to stop.

        Raises KubeloreError when a store or the embedder stays away or refuses.
        """
        self._ask_every_part()
        with OneBehind(self._count) as writing:
            for batch in self._batches(candidates):
                embedded = self._embed(batch)
                self._keep(embedded)
                writing.start(partial(self._complete, embedded))

    def _ask_every_part(self) -> None:
        """Meet what would stop the work before any is done: no collection, or an embedder that refuses."""
        nothing = Or(())
        self._job.patiently(lambda: self._job.vectors.count(self._job.collection, nothing))
        self._job.patiently(lambda: self._tools.embedder.dimension)

    def _batches(self, candidates: Iterator[Candidate]) -> Iterator[Batch]:
        batch = Batch()
        for candidate in candidates:
            if self._job.stop:
                break
            document = self._read(candidate)
            if document is not None:
                batch.add(document)
            if batch.is_full:
                yield batch
                batch = Batch()
        if not batch.is_empty:
            yield batch

    def _read(self, candidate: Candidate) -> ChunkedDocument | EmbeddedDocument | None:
        """Take one document as far as its chunks; None where there is nothing left to do for it."""
        earlier = record.read_record(self._job, self._job.document_id(candidate.source))
        if earlier is not None and record.is_untouched(self._job, candidate, earlier):
            self._leave(earlier, candidate.etag)
            return None
        try:
            return self._read_changed(candidate, earlier)
        except KubeloreError as error:
            self._fail_or_raise(candidate, error, earlier)
        except MemoryError:
            raise  # The worker is short of it, whichever document met that: another attempt may have more.
        except Exception:  # noqa: BLE001 - a fault of ours that one document brings out must not stop the others
            _log.exception("a document met a fault of ours", extra={"document": candidate.source})
            internal = KubeloreError(ErrorCode.INTERNAL, f"document {candidate.source!r}")
            self._fail_or_raise(candidate, internal, earlier)
        return None

    def _read_changed(
        self, candidate: Candidate, earlier: DocumentRecord | None
    ) -> ChunkedDocument | EmbeddedDocument | None:
        document = fetch.fetch(self._job, candidate, earlier)
        if earlier is not None and record.is_unchanged(self._job, document):
            self._leave(earlier, document.content.etag)
            return None
        return write.kept_earlier(self._job, document) or self._chunk(document)

    def _leave(self, earlier: DocumentRecord, etag: str) -> None:
        """Count a document whose rows are in already."""
        record.record_still_completed(self._job, earlier, etag)
        if record.is_own_work(self._job, earlier):
            self._tally.succeed(earlier.chunks)
        else:
            self._tally.skip(earlier.chunks)

    def _chunk(self, document: FetchedDocument) -> ChunkedDocument:
        parsed, media_type = parse.parse(document, self._tools.sandbox, self._job.stop)
        chunked = chunk.chunk(document, parsed, media_type, self._tools.chunker)
        moment = now()
        for piece in chunked.chunks:
            check_row(build_row(self._job.spec, chunked, piece, moment))
        return chunked

    def _embed(self, batch: Batch) -> list[EmbeddedDocument]:
        self._tally.enter(Stage.VECTORIZING)
        embedded = list(batch.kept)
        for document, result in zip(
            batch.chunked, embed.embed(self._job, self._tools.embedder, batch.chunked), strict=True
        ):
            if isinstance(result, KubeloreError):
                self._fail(document.document.candidate, result, document.document.earlier)
            else:
                self._tally.embed(len(result.rows))
                embedded.append(result)
        return embedded

    def _keep(self, documents: Sequence[EmbeddedDocument]) -> None:
        """Keep what was embedded before anything else can fail, so that it is not embedded twice."""
        for document in documents:
            write.keep(self._job, document)

    def _complete(self, documents: Sequence[EmbeddedDocument]) -> Sequence[EmbeddedDocument]:
        """Write kept documents until what is kept, what is searched and what is recorded agree, and return them.

        Two tasks that bring in two contents of one document at once delete each other's rows. Each looks again after
        it has recorded its own, so the one that records last also is the one whose rows are there.
        """
        for _ in range(_MOST_ATTEMPTS_TO_AGREE):
            write.upsert(self._job, documents)
            for document in documents:
                record.record_completed(self._job, document)
            if write.holds_exactly(self._job, documents):
                break
            _log.warning("rows are not as they were written; writing them again")
            self._keep(documents)
        else:
            raise KubeloreError(ErrorCode.INTERNAL, self._job.collection, "its rows are not as they were written")
        self._followers.follow(documents)
        return documents

    def _count(self, documents: Sequence[EmbeddedDocument]) -> None:
        for document in documents:
            self._tally.succeed(len(document.rows))

    def _fail_or_raise(self, candidate: Candidate, error: KubeloreError, earlier: DocumentRecord | None) -> None:
        """Count what is the document's own fault; what the stores are at fault for stops the worker."""
        if error.code is ErrorCode.CANCELLED:
            return
        is_own = error.kind.component in _OWN_COMPONENTS or error.code is ErrorCode.VECTOR_STORE_REFUSED
        if not is_own:
            raise error
        self._fail(candidate, error, earlier)

    def _fail(self, candidate: Candidate, error: KubeloreError, earlier: DocumentRecord | None) -> None:
        failure = Failure.from_error(candidate.source, error)
        record.record_failed(self._job, candidate, failure, earlier)
        self._tally.fail(failure, earlier.chunks if earlier else 0)
