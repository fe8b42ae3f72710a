"""Builds the rows of a document."""

from collections.abc import Sequence
from datetime import datetime

from kubelore.documents.chunk import Chunk
from kubelore.documents.ids import chunk_key
from kubelore.jobs.spec import JobSpec
from kubelore.vectorstore.interface import Row, Vector
from kubelore_ingest.flow import ChunkedDocument

_LONGEST_TITLE_BYTES = 1024
_LONGEST_HEADING_PATH_BYTES = 4000
_HEADING_SEPARATOR = " > "
_NO_VECTOR: Sequence[float] = ()


def build_row(spec: JobSpec, chunked: ChunkedDocument, chunk: Chunk, moment: datetime, vector: Vector = ()) -> Row:
    """Return the row of a chunk: what is only shown (title, headings) is cut to what the column holds."""
    document = chunked.document
    return Row(
        id=chunk_key(spec.tenant, document.document_id, document.version, chunk.index),
        vector=vector,
        chunk_text=chunk.text,
        document_id=document.document_id,
        document_version=document.version,
        chunk_id=chunk.index,
        tenant_id=spec.tenant,
        source=document.source,
        title=cut(chunked.parsed.title, _LONGEST_TITLE_BYTES),
        heading_path=cut(_HEADING_SEPARATOR.join(chunk.heading_path), _LONGEST_HEADING_PATH_BYTES),
        page=chunk.page,
        char_start=chunk.char_start,
        char_end=chunk.char_end,
        access_groups=spec.access_groups,
        metadata=metadata_of(spec, chunked),
        ingested_at=moment,
    )


def metadata_of(spec: JobSpec, chunked: ChunkedDocument) -> dict[str, str]:
    """Return the document's own metadata under the task's: who brings it in has the last word."""
    return chunked.parsed.metadata | spec.metadata


def cut(text: str, most_bytes: int) -> str:
    """Return as much of a text as fits into so many bytes of UTF-8."""
    return text.encode()[:most_bytes].decode(errors="ignore")
