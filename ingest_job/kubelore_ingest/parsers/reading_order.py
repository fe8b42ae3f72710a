"""Puts the lines of a page into the order in which they are read: columns, rows, paragraphs."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from statistics import median

from kubelore_ingest.parsers.text_builder import LINE, PARAGRAPH
from kubelore_ingest.parsers.text_line import TextLine

_LINES_OF_A_COLUMN = 3
_HEIGHTS_OF_PROSE = 6
"""A column of prose is at least so many times as wide as its lines are high; a table's columns seldom are."""

_MOST_CROSSING = 0.2
"""The greatest share of lines that go across both columns: titles, captions, a foot."""

_GAP_OF_A_PARAGRAPH = 0.8
_MOST_DEPTH = 4


def in_reading_order(lines: Sequence[TextLine]) -> str:
    """Return a page's text; what stands in one row is put together, and an empty line parts paragraphs."""
    blocks = _blocks(lines, _MOST_DEPTH)
    return PARAGRAPH.join(_text_of(block) for block in blocks if block)


def _blocks(lines: Sequence[TextLine], depth: int) -> Iterator[Sequence[TextLine]]:
    """Cut the page at its gutter: of each band between lines that go across, the left column comes before the right."""
    gutter = _gutter(lines) if depth else None
    if gutter is None:
        yield lines
        return
    band: list[TextLine] = []
    for line in sorted(lines, key=attrgetter("top")):
        if line.left < gutter < line.right:
            yield from _columns(band, gutter, depth)
            yield [line]
            band = []
        else:
            band.append(line)
    yield from _columns(band, gutter, depth)


def _columns(band: Sequence[TextLine], gutter: float, depth: int) -> Iterator[Sequence[TextLine]]:
    yield from _blocks([line for line in band if line.right <= gutter], depth - 1)
    yield from _blocks([line for line in band if line.left >= gutter], depth - 1)


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """Return where two columns of prose part: where the fewest lines go across; None where there is no such place."""
    ends = sorted({line.right for line in lines})
    found = [(crossing, end) for end in ends if (crossing := _crossing(lines, end)) is not None]
    return min(found)[1] if found else None


def _crossing(lines: Sequence[TextLine], gutter: float) -> int | None:
    """Count the lines that go across; None where the others are not two columns of prose."""
    left = [line for line in lines if line.right <= gutter]
    right = [line for line in lines if line.left >= gutter]
    crossing = len(lines) - len(left) - len(right)
    is_cut = _is_prose(left) and _is_prose(right) and crossing <= _MOST_CROSSING * len(lines)
    return crossing if is_cut else None


def _is_prose(lines: Sequence[TextLine]) -> bool:
    if len(lines) < _LINES_OF_A_COLUMN:
        return False
    return median(line.width for line in lines) >= _HEIGHTS_OF_PROSE * median(line.height for line in lines)


def _text_of(lines: Sequence[TextLine]) -> str:
    rows = _rows(lines)
    gap = _GAP_OF_A_PARAGRAPH * median(line.height for line in lines)
    text = _row_text(rows[0])
    for above, row in pairwise(rows):
        is_apart = min(line.top for line in row) - max(line.bottom for line in above) > gap
        text += (PARAGRAPH if is_apart else LINE) + _row_text(row)
    return text


def _rows(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Put lines into one row whose middle is between top and bottom of the row's first."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=attrgetter("middle")):
        if rows and line.middle < rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _row_text(row: Sequence[TextLine]) -> str:
    return " ".join(line.text for line in sorted(row, key=attrgetter("left")))
