"""The formats that are understood: a new one is one module here and one line in `FORMATS`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.instructions import BY_DEFAULT, Instructions
from kubelore_ingest.parsers.signatures import (
    HEAD_BYTES,
    is_epub,
    is_html,
    is_pdf,
    is_presentation,
    is_word,
    is_workbook,
)


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
class Format:
    """A format: how it is told, and the module whose `parse` reads it, imported with its libraries when first used.

    One that can be read in several ways has a module that takes instructions.
    """

    media_type: str
    extensions: tuple[str, ...]
    module: str
    recognises: Callable[[bytes], bool] | None = None
    takes_instructions: bool = False

    def parse(self, data: bytes, name: str, instructions: Instructions = BY_DEFAULT) -> ParsedDocument:
        """Read a file, as Parser says."""
        if not data or data.isspace():
            raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
        read: Callable[..., ParsedDocument] = import_module(f"kubelore_ingest.parsers.{self.module}").parse
        return read(data, name, instructions) if self.takes_instructions else read(data, name)


_QUERY = re.compile("[?#]")
_OFFICE = "application/vnd.openxmlformats-officedocument"

_CODE = (
    *(".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".java", ".kt", ".kts", ".scala", ".groovy", ".go"),
    *(".rs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".cs", ".swift", ".m", ".rb", ".php", ".pl", ".lua", ".r"),
    *(".jl", ".dart", ".ex", ".exs", ".erl", ".hs", ".ml", ".clj", ".sh", ".bash", ".zsh", ".ps1", ".bat", ".sql"),
    *(".proto", ".graphql", ".tf", ".sol", ".vue", ".svelte", ".css", ".scss", ".less", ".yaml", ".yml", ".toml"),
    *(".ini", ".cfg", ".conf", ".properties", ".xml", ".xsd", ".cmake", ".gradle", ".dockerfile", ".mk"),
)

FORMATS = (
    Format("application/pdf", (".pdf",), "pdf", is_pdf, takes_instructions=True),
    Format("application/epub+zip", (".epub",), "epub", is_epub),
    Format(f"{_OFFICE}.wordprocessingml.document", (".docx",), "docx", is_word),
    Format(f"{_OFFICE}.presentationml.presentation", (".pptx",), "pptx", is_presentation),
    Format(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx", ".xlsm"), "xlsx", is_workbook),
    Format("text/html", (".html", ".htm", ".xhtml"), "html", is_html),
    Format("text/markdown", (".md", ".markdown"), "markdown"),
    Format("text/mdx", (".mdx",), "mdx"),
    Format("text/csv", (".csv", ".tsv", ".tab"), "csv"),
    Format("application/json", (".json",), "json"),
    Format("application/jsonl", (".jsonl", ".ndjson"), "json"),
    Format("text/x-source", _CODE, "source_code"),
    Format("text/plain", (".txt", ".text", ".log", ".rst", ".adoc", ".tex", ".srt", ".vtt", ""), "text"),
)
"""In the order in which they are asked; the extension decides where no format recognises the content."""


def parser_for(name: str, head: bytes) -> Parser:
    """Return the parser of a file by its first bytes (`HEAD_BYTES` are enough), else by its name's extension.

    Raises KubeloreError DOCUMENT_UNSUPPORTED.
    """
    beginning = head[:HEAD_BYTES]
    extension = _extension(name)
    by_content = (known for known in FORMATS if known.recognises and known.recognises(beginning))
    by_name = (known for known in FORMATS if extension in known.extensions)
    parser = next(by_content, None) or next(by_name, None)
    if parser is None:
        raise KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, name, f"extension {extension}")
    return parser


def _extension(name: str) -> str:
    """Return a name's extension; of an address, its path's: the `.com` of a host says nothing of the format."""
    _, is_address, rest = name.lower().partition("://")
    path = _QUERY.split(rest.partition("/")[2])[0] if is_address else name.lower()
    return PurePosixPath(path).suffix
