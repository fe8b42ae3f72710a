"""Reads Markdown."""

from kubelore.documents.chunk import ParsedDocument
from kubelore.formats.encoding import decode
from kubelore_ingest.parsers.markdown_document import read_markdown
from kubelore_ingest.parsers.markup import without_html
from kubelore_ingest.parsers.normalise import normalise


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read Markdown: the text stays its source, without front matter and HTML tags."""
    return read_markdown(normalise(decode(data, name)), name, clean=without_html)
