"""Real files of the formats that are parsed, made by real writers, and the parsing of them."""

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pytest
from docx.document import Document
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from kubelore.documents.chunk import ParsedDocument
from kubelore.embedding.model_files import read_model
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.tokenizer import ModelTokenizer
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.registry import parser_for

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "rustfs-docs"

_CHINESE_FONT = "STSong-Light"
_LEFT, _TOP, _LINE_HEIGHT = 72, 800, 16


def corpus_pages() -> list[Path]:
    """Return the documentation pages that lie beside the repository, or skip the test."""
    if not CORPUS.is_dir():
        pytest.skip("the RustFS documentation isn't here")
    return sorted(path for folder in ("en", "zh") for path in (CORPUS / folder).rglob("*.md*"))


@cache
def tokenizer() -> ModelTokenizer:
    """Return the built-in model's own tokenizer."""
    return ModelTokenizer(read_model(locate_model(None).folder))


def parse(data: bytes | str, name: str) -> ParsedDocument:
    """Parse a file in this process."""
    content = data.encode() if isinstance(data, str) else data
    return parser_for(name, content).parse(content, name)


def parse_error(data: bytes | str, name: str) -> KubeloreError:
    """Return the error that a file is refused with."""
    with pytest.raises(KubeloreError) as caught:
        parse(data, name)
    return caught.value


def parse_code(data: bytes | str, name: str) -> ErrorCode:
    """Return the code that a file is refused with."""
    return parse_error(data, name).code


def make_pdf(
    pages: Sequence[Sequence[str]],
    *,
    title: str = "",
    bookmarks: Sequence[tuple[int, str]] = (),
    encryption: StandardEncryption | None = None,
) -> bytes:
    """Write a PDF with these lines on these pages; a bookmark is (level, title) and leads to the first page."""
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE_FONT))
    file = BytesIO()
    canvas = Canvas(file, encrypt=encryption)
    canvas.setTitle(title)
    for level, text in bookmarks:
        canvas.bookmarkPage(text)
        canvas.addOutlineEntry(text, text, level)
    for lines in pages:
        canvas.setFont(_CHINESE_FONT, 12)
        for row, line in enumerate(lines):
            canvas.drawString(_LEFT, _TOP - row * _LINE_HEIGHT, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def make_docx(write: Callable[[Document], object]) -> bytes:
    """Write a Word document that `write` fills."""
    document = docx.Document()
    write(document)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def rewrite_zip(data: bytes, rewrite: Callable[[str, bytes], bytes]) -> bytes:
    """Return a zip file with every entry's content passed through `rewrite(name, content)`."""
    file = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(file, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, rewrite(name, before.read(name)))
    return file.getvalue()
