"""Writes the rows of sheets as text in which each row says by itself what it holds."""

import re
from collections.abc import Iterable, Iterator, Sequence

from kubelore_ingest.parsers.normalise import one_line

_BETWEEN_CELLS = " | "
_NUMBER = re.compile(r"[-+(]?[\d.,\s]*\d[\d.,\s]*[%)]?|\d{4}-\d\d-\d\d.*")
_FEWEST_COLUMNS = 2


def table_lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a line for each row that isn't empty: `column: cell | column: cell` below a header, else `cell | cell`.

    The first row of several cells is the header where all of its cells are words, and different ones; rows of one
    cell before it are captions. So a chunk from the middle of a sheet still names its columns.
    """
    header: Sequence[str] | None = None
    for row in rows:
        cells = _without_empty_end([one_line(cell) for cell in row])
        if not cells:
            continue
        if header is None:
            yield _joined(cells)
            header = _header(cells)
        else:
            yield _labelled(header, cells) if header else _joined(cells)


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _header(cells: Sequence[str]) -> Sequence[str] | None:
    """Return the columns' names; none at all where the row is data, and None where it is a caption."""
    named = [cell for cell in cells if cell]
    if len(named) < _FEWEST_COLUMNS:
        return None
    is_header = len(set(named)) == len(named) and not any(_NUMBER.fullmatch(cell) for cell in named)
    return cells if is_header else ()


def _labelled(header: Sequence[str], cells: Sequence[str]) -> str:
    columns = (*header, *("" for _ in cells[len(header) :]))
    return _joined(
        [f"{column}: {cell}" if column else cell for column, cell in zip(columns, cells, strict=False) if cell]
    )


def _joined(cells: Sequence[str]) -> str:
    return _BETWEEN_CELLS.join(cells)
