"""Reads PDF files."""

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice

from pypdfium2 import PdfDocument, PdfiumError
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

from kubelore.documents.chunk import Heading, ParsedDocument
from kubelore.documents.reading import PdfReader
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.hyphens import join_hyphenated
from kubelore_ingest.parsers.instructions import BY_DEFAULT, Instructions
from kubelore_ingest.parsers.metadata import flat_metadata
from kubelore_ingest.parsers.normalise import as_title, normalise
from kubelore_ingest.parsers.text_builder import TextBuilder

_PROTECTED = frozenset({FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY})
_MOST_BOOKMARKS = 10_000
_DEEPEST_HEADING = 9


@dataclass(frozen=True, slots=True)
class _Bookmark:
    """An entry of a PDF's outline."""

    page_index: int
    level: int
    title: str


def parse(data: bytes, name: str, instructions: Instructions = BY_DEFAULT) -> ParsedDocument:
    """Read a PDF's text page by page; its outline gives the headings."""
    with _opened(data, name) as pdf:
        texts = [_page_text(pdf, index, name) for index in range(len(pdf))]
        if instructions.reading.pdf_reader is PdfReader.OCR:
            texts = _with_scans_recognised(pdf, texts, name, instructions)
        properties = pdf.get_metadata_dict()
        bookmarks = list(islice(_bookmarks(pdf), _MOST_BOOKMARKS))
    pages = [normalise(text).strip() for text in join_hyphenated(texts)]
    if not any(pages):
        raise KubeloreError(ErrorCode.DOCUMENT_HAS_NO_TEXT, name)
    builder = TextBuilder()
    starts = [builder.add_page(number, page) for number, page in enumerate(pages, start=1)]
    metadata = flat_metadata({key.lower(): properties.get(key, "") for key in ("Author", "Subject", "Keywords")})
    return builder.build(properties.get("Title", ""), metadata, _headings(bookmarks, pages, starts))


def _opened(data: bytes, name: str) -> PdfDocument:
    try:
        return PdfDocument(data)
    except PdfiumError as error:
        code = ErrorCode.DOCUMENT_ENCRYPTED if error.err_code in _PROTECTED else ErrorCode.DOCUMENT_BROKEN
        raise KubeloreError(code, name) from error


def _page_text(pdf: PdfDocument, index: int, name: str) -> str:
    try:
        with closing(pdf[index]) as page, closing(page.get_textpage()) as text:
            return str(text.get_text_bounded())
    except PdfiumError as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, f"page {index + 1} can't be read") from error


def _with_scans_recognised(pdf: PdfDocument, texts: Sequence[str], name: str, instructions: Instructions) -> list[str]:
    from kubelore_ingest.parsers.scanned_pages import recognise_scans  # noqa: PLC0415 - only who recognises needs numpy

    return recognise_scans(pdf, texts, name, instructions)


def _bookmarks(pdf: PdfDocument) -> Iterator[_Bookmark]:
    for entry in pdf.get_toc():
        # A title that is no valid UTF-16 costs its entry alone: an outline only helps to find one's way.
        with suppress(UnicodeDecodeError):
            title = as_title(entry.get_title())
            target = entry.get_dest()
            page_index = None if target is None else target.get_index()
            if title and page_index is not None:
                yield _Bookmark(page_index, min(entry.level + 1, _DEEPEST_HEADING), title)


def _headings(
    bookmarks: Sequence[_Bookmark], pages: Sequence[str], starts: Sequence[int | None]
) -> tuple[Heading, ...]:
    """Find each bookmark's title on its page; where it isn't there word for word, the page's start is taken."""
    headings: list[Heading] = []
    for bookmark in bookmarks:
        start = starts[bookmark.page_index] if bookmark.page_index < len(starts) else None
        if start is not None:
            within = max(pages[bookmark.page_index].find(bookmark.title), 0)
            headings.append(Heading(start=start + within, level=bookmark.level, text=bookmark.title))
    return tuple(sorted(headings, key=lambda heading: heading.start))
