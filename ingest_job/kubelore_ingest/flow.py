"""The forms that a document takes between the steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubelore.documents.chunk import Chunk, ParsedDocument
from kubelore.documents.record import DocumentRecord
from kubelore.vectorstore.interface import Row


@dataclass(frozen=True, slots=True)
class Content:
    """A document's bytes, and the name that its format is told by; `etag` is that of the object that they are of."""

    data: bytes
    file_name: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that the source names, not read yet; `source` is what it is known by and cited as.

    `etag` is that of its object, where a listing told it.
    """

    source: str
    read: Callable[[], Content]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A document as it came; `earlier` is what was known of it before."""

    document_id: str
    candidate: Candidate
    content: Content
    version: str
    earlier: DocumentRecord | None

    @property
    def source(self) -> str:
        """What it is known by."""
        return self.candidate.source


@dataclass(frozen=True, slots=True)
class ChunkedDocument:
    """A document that was parsed and cut."""

    document: FetchedDocument
    parsed: ParsedDocument
    chunks: Sequence[Chunk]
    media_type: str


@dataclass(frozen=True, slots=True)
class EmbeddedDocument:
    """A document whose rows are ready to be written; `chunked` is None where they were kept by an earlier attempt."""

    document: FetchedDocument
    rows: Sequence[Row]
    title: str
    media_type: str
    metadata: dict[str, str]
    chunked: ChunkedDocument | None = None
