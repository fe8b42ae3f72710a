"""Real files of the formats that are parsed, made by real writers, and the parsing of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import docx
import pptx
import pytest
from docx.document import Document
from openpyxl import Workbook
from pptx.presentation import Presentation
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


def make_pptx(write: Callable[[Presentation], object]) -> bytes:
    """Write a presentation that `write` fills."""
    presentation = pptx.Presentation()
    write(presentation)
    file = BytesIO()
    presentation.save(file)
    return file.getvalue()


def make_xlsx(write: Callable[[Workbook], object]) -> bytes:
    """Write a workbook that `write` fills."""
    workbook = Workbook()
    write(workbook)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def make_zip(entries: Mapping[str, bytes | str]) -> bytes:
    """Write a zip file with these entries; one named `mimetype` is stored as it is, as EPUB asks for."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return file.getvalue()


def make_epub(chapters: Sequence[str], contents: Mapping[str, str] | None = None, **files: bytes | str) -> bytes:
    """Write a book with chapters of XHTML, `c0.xhtml` and on; `contents` names some of them in its table of contents.

    `files` replace or add entries, with `/` in their names written as `__` and `.` as `_DOT_`.
    """
    ids = [f"c{index}" for index in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="text/{name}.xhtml" media-type="application/xhtml+xml"/>' for name in ids)
    spine = "".join(f'<itemref idref="{name}"/>' for name in ids)
    points = "".join(
        f'<navPoint><navLabel><text>{title}</text></navLabel><content src="text/{name}.xhtml#top"/></navPoint>'
        for name, title in (contents or {}).items()
    )
    pages = {f"OEBPS/text/{name}.xhtml": _xhtml(chapter) for name, chapter in zip(ids, chapters, strict=True)}
    replaced = {name.replace("__", "/").replace("_DOT_", "."): content for name, content in files.items()}
    return make_zip(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": _EPUB_CONTAINER,
            "OEBPS/book.opf": _EPUB_PACKAGE.format(items=items, spine=spine),
            "OEBPS/toc.ncx": f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{points}</navMap></ncx>',
            **pages,
            **replaced,
        }
    )


def _xhtml(body: str) -> str:
    head = (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
    )
    return f"{head}<body>{body}</body></html>"


_EPUB_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""

_EPUB_PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="2.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The book</dc:title><dc:creator>Ann</dc:creator><dc:language>zh</dc:language></metadata>
<manifest><item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>{items}</manifest>
<spine toc="ncx">{spine}</spine></package>"""


def rewrite_zip(data: bytes, rewrite: Callable[[str, bytes], bytes]) -> bytes:
    """Return a zip file with every entry's content passed through `rewrite(name, content)`."""
    file = BytesIO()
    with ZipFile(BytesIO(data)) as before, ZipFile(file, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, rewrite(name, before.read(name)))
    return file.getvalue()
