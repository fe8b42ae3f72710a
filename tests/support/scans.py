"""Scanned PDFs: pages that are pictures of text, with the grain and the compression of a scanner's."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

_SIZE = (595.0, 250.0)
_PIXELS = (1654, 695)
_PAPER, _INK = 244, 40
_LEFT, _SECOND_LEFT, _TOP, _LINE_HEIGHT, _LETTERS = 140, 900, 120, 64, 42


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a picture of these lines (None: none), and lines that are text.

    The picture may be tilted by degrees, or lie on its side on a page that says that it is to be turned.
    """

    picture: Sequence[str] | None = None
    text: Sequence[str] = ()
    second_column: Sequence[str] = ()
    tilt: float = 0
    is_on_its_side: bool = False
    size: tuple[float, float] = _SIZE


def make_scanned_pdf(pages: Sequence[Page]) -> bytes:
    """Write a PDF of these pages."""
    file = BytesIO()
    canvas = Canvas(file)
    for page in pages:
        turn, (width, height) = (90, page.size[::-1]) if page.is_on_its_side else (0, page.size)
        canvas.setPageSize(page.size)
        # The canvas exchanges width and height itself.
        canvas.setPageRotation(turn)
        if page.picture is not None:
            picture = _picture(tuple(page.picture), tuple(page.second_column), page.tilt, turn)
            canvas.drawImage(ImageReader(BytesIO(picture)), 0, 0, width, height)
        for row, line in enumerate(page.text):
            canvas.drawString(60, 20 + 14 * row, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@cache
def _picture(lines: Sequence[str], second_column: Sequence[str], tilt: float, turn: int) -> bytes:
    """Draw lines as a scanner sees them: grey, grainy, tilted, and as a JPEG."""
    image = Image.new("L", _PIXELS, _PAPER)
    draw = ImageDraw.Draw(image)
    for left, column in ((_LEFT, lines), (_SECOND_LEFT, second_column)):
        for row, line in enumerate(column):
            draw.text((left, _TOP + row * _LINE_HEIGHT), line, fill=_INK, font=_font())
    grain = Image.frombytes("L", _PIXELS, random.Random(1).randbytes(_PIXELS[0] * _PIXELS[1]))  # noqa: S311 - noise
    scanned = Image.blend(image, grain, 0.06).rotate(tilt, fillcolor=_PAPER).rotate(turn, expand=True)
    file = BytesIO()
    scanned.save(file, "JPEG", quality=70)
    return file.getvalue()


@cache
def _font() -> ImageFont.FreeTypeFont:
    """Return a font with English and Chinese letters; its package is not imported, for it would import matplotlib."""
    package = find_spec("notojp_matplotlib")
    assert package is not None
    assert package.origin is not None
    return ImageFont.truetype(Path(package.origin).with_name("fonts") / "NotoSansCJKjp-Regular.otf", _LETTERS)
