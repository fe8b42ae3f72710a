"""Reads plain text."""

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import decode
from kubelore_ingest.parsers.normalise import normalise


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read plain text in any encoding that `decode` knows."""
    text = normalise(decode(data, name))
    if not text.strip():
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return ParsedDocument(text=text)
