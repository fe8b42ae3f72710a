"""Finds the pages of a PDF that are pictures, and has their text recognised one page at a time."""

import re
from collections.abc import Sequence
from contextlib import closing
from math import sqrt

from pypdfium2 import PdfDocument, PdfiumError, PdfPage
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDFPage_CountObjects

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.hyphens import LINE_END_HYPHEN
from kubelore_ingest.parsers.instructions import Instructions
from kubelore_ingest.parsers.reading_order import in_reading_order
from kubelore_ingest.parsers.text_recognition import Picture, recogniser

_TEXT_OF_A_STAMP = 50
"""A page number, a stamp or a heading that was put on a scan is shorter; what is longer is the page's own text."""

_LEAST_COVER = 0.5
_MOST_PIXELS = 2_000_000
"""Whatever a page says of its size; 144 an inch for A4. Recognition takes 300 bytes of memory for each."""

_LONGEST_SIDE, _SHORTEST_SIDE = 2000, 32
_MOST_SCALE = 300 / 72

_LINE_END_HYPHEN = re.compile(r"(?<=\w)-\n(?=\w)")


def recognise_scans(pdf: PdfDocument, texts: Sequence[str], name: str, instructions: Instructions) -> list[str]:
    """Return the pages' texts, with what is recognised in place of those of pictures.

    Raises KubeloreError DOCUMENT_TOO_MANY_SCANS, READER_NOT_INSTALLED, and DOCUMENT_BROKEN for a page that can't be
    drawn.
    """
    scans = [index for index, text in enumerate(texts) if _is_scan(pdf, index, text)]
    most = instructions.reading.max_scanned_pages
    if len(scans) > most:
        raise KubeloreError(ErrorCode.DOCUMENT_TOO_MANY_SCANS, name, f"{len(scans)} pages, {most} may be")
    pages = list(texts)
    for index in scans:
        pages[index] = _recognised(pdf, index, name) or texts[index]
        instructions.go_on()
    return pages


def _is_scan(pdf: PdfDocument, index: int, text: str) -> bool:
    """Say whether the page is a picture, but for a stamp; one without any text may also have its letters drawn."""
    characters = len("".join(text.split()))
    if characters >= _TEXT_OF_A_STAMP:
        return False
    with closing(pdf[index]) as page:
        has_anything = FPDFPage_CountObjects(page) > 0
        return has_anything if characters == 0 else _covered(page) >= _LEAST_COVER


def _covered(page: PdfPage) -> float:
    """Return the share of a page that pictures cover; such as overlap count each for itself."""
    left, bottom, right, top = page.get_bbox()
    area = (right - left) * (top - bottom)
    covered = 0.0
    for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]):
        x0, y0, x1, y1 = picture.get_bounds()
        covered += max(min(x1, right) - max(x0, left), 0.0) * max(min(y1, top) - max(y0, bottom), 0.0)
    return covered / area if area > 0 else 0.0


def _recognised(pdf: PdfDocument, index: int, name: str) -> str:
    """Return the text of a page's picture, with hyphens at line ends marked as PDFium marks them."""
    try:
        with closing(pdf[index]) as page:
            picture = _drawn(page)
    except PdfiumError as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, f"page {index + 1} can't be drawn") from error
    if picture is None or picture.min() == picture.max():
        return ""
    return _LINE_END_HYPHEN.sub(LINE_END_HYPHEN, in_reading_order(recogniser(name).lines(picture)))


def _drawn(page: PdfPage) -> Picture | None:
    """Draw a page; None for one that is too narrow to be read."""
    width, height = page.get_size()
    scale = min(_LONGEST_SIDE / max(width, height, 1.0), sqrt(_MOST_PIXELS / max(width * height, 1.0)), _MOST_SCALE)
    if min(width, height) * scale < _SHORTEST_SIDE:
        return None
    with closing(page.render(scale=scale, may_draw_forms=False)) as bitmap:
        picture: Picture = bitmap.to_numpy().copy()
    return picture
