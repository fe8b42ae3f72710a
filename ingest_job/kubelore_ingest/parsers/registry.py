"""The formats that are understood: a new one is one module here and one line in `FORMATS`."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.signatures import HEAD_BYTES, is_html, is_pdf, is_word


class Parser(Protocol):
    """Reads one format."""

    @property
    def media_type(self) -> str:
        """The format's media type."""
        ...

    def parse(self, data: bytes, name: str) -> ParsedDocument:
        """Read a file; `name` stands in messages.

        Raises KubeloreError DOCUMENT_EMPTY, _UNSUPPORTED, _BROKEN, _ENCRYPTED or _HAS_NO_TEXT.
        """
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how it is told, and the module whose `parse` reads it, imported with its libraries when first used."""

    media_type: str
    extensions: tuple[str, ...]
    module: str
    recognises: Callable[[bytes], bool] | None = None

    def parse(self, data: bytes, name: str) -> ParsedDocument:
        """Read a file, as Parser says."""
        if not data or data.isspace():
            raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
        read: Callable[[bytes, str], ParsedDocument] = import_module(f"kubelore_ingest.parsers.{self.module}").parse
        return read(data, name)


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FORMATS = (
    Format("application/pdf", (".pdf",), "pdf", is_pdf),
    Format(_WORD, (".docx",), "docx", is_word),
    Format("text/html", (".html", ".htm", ".xhtml"), "html", is_html),
    Format("text/markdown", (".md", ".markdown"), "markdown"),
    Format("text/mdx", (".mdx",), "mdx"),
    Format("text/plain", (".txt", ".text", ".log", ".rst", ""), "text"),
)
"""In the order in which they are asked; the extension decides where no format recognises the content."""


def parser_for(name: str, head: bytes) -> Parser:
    """Return the parser of a file by its first bytes (`HEAD_BYTES` are enough), else by its name's extension.

    Raises KubeloreError DOCUMENT_UNSUPPORTED.
    """
    beginning = head[:HEAD_BYTES]
    extension = PurePosixPath(name.lower()).suffix
    by_content = (known for known in FORMATS if known.recognises and known.recognises(beginning))
    by_name = (known for known in FORMATS if extension in known.extensions)
    parser = next(by_content, None) or next(by_name, None)
    if parser is None:
        raise KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, name, f"extension {extension}")
    return parser
