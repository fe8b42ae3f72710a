"""Turns a document's bytes into text, in a child process that may die of it."""

from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.reading import PdfReader
from kubelore_ingest.flow import FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.parsers.registry import parser_for
from kubelore_ingest.sandbox import ParserSandbox
from kubelore_ingest.stopping import StopFlag

_MEMORY_BYTES = {PdfReader.TEXT: 1 << 30, PdfReader.OCR: 3 << 29}
"""Of address space; recognition uses 600 MB of it."""


def make_sandbox(job: Job) -> ParserSandbox:
    """Return where the documents of a job are parsed, as its knowledge base wants them read."""
    reading = job.spec.reading
    return ParserSandbox(memory_bytes=_MEMORY_BYTES[reading.pdf_reader], reading=reading)


def parse(document: FetchedDocument, sandbox: ParserSandbox, stop: StopFlag) -> tuple[ParsedDocument, str]:
    """Return the text and the media type of a document; raises the DOCUMENT_ and PARSE_ errors, and CANCELLED."""
    content = document.content
    media_type = parser_for(content.file_name, content.data).media_type
    return sandbox.parse(content.data, content.file_name, lambda: bool(stop)), media_type
