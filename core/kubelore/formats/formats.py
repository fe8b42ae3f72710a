"""The formats that are understood, and how each is told."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import decode
from kubelore.formats.signatures import (
    HEAD_BYTES,
    is_epub,
    is_html,
    is_pdf,
    is_presentation,
    is_word,
    is_workbook,
)


@dataclass(frozen=True, slots=True)
class Format:
    """A format: by which content it is told, else by which extensions, and whether it is text in some encoding."""

    media_type: str
    extensions: tuple[str, ...]
    recognises: Callable[[bytes], bool] | None = None
    is_text: bool = True


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
    Format("application/pdf", (".pdf",), is_pdf, is_text=False),
    Format("application/epub+zip", (".epub",), is_epub, is_text=False),
    Format(f"{_OFFICE}.wordprocessingml.document", (".docx",), is_word, is_text=False),
    Format(f"{_OFFICE}.presentationml.presentation", (".pptx",), is_presentation, is_text=False),
    Format(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx", ".xlsm"), is_workbook, is_text=False),
    Format("text/html", (".html", ".htm", ".xhtml"), is_html),
    Format("text/markdown", (".md", ".markdown")),
    Format("text/mdx", (".mdx",)),
    Format("text/csv", (".csv", ".tsv", ".tab")),
    Format("application/json", (".json",)),
    Format("application/jsonl", (".jsonl", ".ndjson")),
    Format("text/x-source", _CODE),
    Format("text/plain", (".txt", ".text", ".log", ".rst", ".adoc", ".tex", ".srt", ".vtt", "")),
)
"""In the order in which they are asked; the extension decides where no format recognises the content."""


def format_of(name: str, head: bytes) -> Format:
    """Return the format of a file by its first bytes (`HEAD_BYTES` are enough), else by its name's extension.

    Raises KubeloreError DOCUMENT_UNSUPPORTED.
    """
    beginning = head[:HEAD_BYTES]
    extension = _extension(name)
    by_content = (known for known in FORMATS if known.recognises and known.recognises(beginning))
    by_name = (known for known in FORMATS if extension in known.extensions)
    found = next(by_content, None) or next(by_name, None)
    if found is None:
        raise KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, name, f"extension {extension}")
    return found


def require_readable(name: str, head: bytes) -> None:
    """Raise KubeloreError DOCUMENT_UNSUPPORTED for a file that no parser reads, by its first `SAMPLE_BYTES` bytes.

    What is damaged further behind shows when it is read.
    """
    if format_of(name, head).is_text:
        decode(head, name)


def _extension(name: str) -> str:
    """Return a name's extension; of an address, its path's: the `.com` of a host says nothing of the format."""
    _, is_address, rest = name.lower().partition("://")
    path = _QUERY.split(rest.partition("/")[2])[0] if is_address else name.lower()
    return PurePosixPath(path).suffix
