"""Turns a document's bytes into text, in a child process that may die of it."""

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.flow import FetchedDocument
from kubelore_ingest.parsers.registry import parser_for
from kubelore_ingest.sandbox import ParserSandbox
from kubelore_ingest.stopping import StopFlag


def parse(document: FetchedDocument, sandbox: ParserSandbox, stop: StopFlag) -> tuple[ParsedDocument, str]:
    """Return the text and the media type of a document; raises the DOCUMENT_ and PARSE_ errors, and CANCELLED."""
    content = document.content
    media_type = parser_for(content.file_name, content.data).media_type
    return sandbox.parse(content.data, content.file_name, lambda: bool(stop)), media_type
