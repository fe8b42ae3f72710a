"""Finds the parser of a file: a new format is one module here, one line in `_MODULES`, and one in `FORMATS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Protocol

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.formats import format_of
from kubelore_ingest.parsers.instructions import BY_DEFAULT, Instructions


class Parser(Protocol):
    """Reads one format."""

    @property
    def media_type(self) -> str:
        """The format's media type."""
        ...

    def parse(self, data: bytes, name: str, instructions: Instructions = BY_DEFAULT) -> ParsedDocument:
        """Read a file; `name` stands in messages.

        Raises KubeloreError DOCUMENT_EMPTY, _UNSUPPORTED, _BROKEN, _ENCRYPTED, _HAS_NO_TEXT or _TOO_MANY_SCANS, or
        READER_NOT_INSTALLED.
        """
        ...


@dataclass(frozen=True, slots=True)
class FormatParser:
    """The module whose `parse` reads a format, imported with its libraries when first used.

    One that can be read in several ways has a module that takes instructions.
    """

    media_type: str
    module: str
    takes_instructions: bool = False

    def parse(self, data: bytes, name: str, instructions: Instructions = BY_DEFAULT) -> ParsedDocument:
        """Read a file, as Parser says."""
        if not data or data.isspace():
            raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
        read: Callable[..., ParsedDocument] = import_module(f"kubelore_ingest.parsers.{self.module}").parse
        return read(data, name, instructions) if self.takes_instructions else read(data, name)


_OFFICE = "application/vnd.openxmlformats-officedocument"

_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": "pdf",
        "application/epub+zip": "epub",
        f"{_OFFICE}.wordprocessingml.document": "docx",
        f"{_OFFICE}.presentationml.presentation": "pptx",
        f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/markdown": "markdown",
        "text/mdx": "mdx",
        "text/csv": "csv",
        "application/json": "json",
        "application/jsonl": "json",
        "text/x-source": "source_code",
        "text/plain": "text",
    }
)

_TAKE_INSTRUCTIONS = frozenset({"application/pdf"})


def parser_for(name: str, head: bytes) -> Parser:
    """Return the parser of a file, as `format_of` tells its format; raises KubeloreError DOCUMENT_UNSUPPORTED."""
    media_type = format_of(name, head).media_type
    return FormatParser(media_type, _MODULES[media_type], takes_instructions=media_type in _TAKE_INSTRUCTIONS)
