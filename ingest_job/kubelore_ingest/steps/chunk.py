"""Cuts a parsed document into chunks."""

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.chunkers.chunker import Chunker
from kubelore_ingest.flow import ChunkedDocument, FetchedDocument


def chunk(document: FetchedDocument, parsed: ParsedDocument, media_type: str, chunker: Chunker) -> ChunkedDocument:
    """Return a document with its chunks; raises DOCUMENT_EMPTY where there are none, and CHUNK_TOO_LONG."""
    chunks = tuple(chunker.chunk(parsed))
    if not chunks:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, f"document {document.source!r}")
    return ChunkedDocument(document, parsed, chunks, media_type)
