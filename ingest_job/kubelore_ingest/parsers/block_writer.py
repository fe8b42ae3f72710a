"""Turns the runs, lists and tables of a markup into readable text."""

import re
from enum import Enum, auto

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.parsers.normalise import one_line
from kubelore_ingest.parsers.text_builder import LINE, PARAGRAPH, TextBuilder

_BETWEEN_CELLS = " | "
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")


class _Kind(Enum):
    """What a block is: neighbours that are items, or rows, stand on neighbouring lines."""

    PARAGRAPH = auto()
    ITEM = auto()
    ROW = auto()


class BlockWriter:
    """Collects runs of text until a block ends; a table becomes a line a row, its cells joined by ` | `.

    Whatever a cell holds, a table too, is read as the cell's text.
    """

    def __init__(self) -> None:
        self._builder = TextBuilder()
        self._runs: list[str] = []
        self._row: list[str] = []
        self._open_cells = 0
        self._open_items = 0
        self._item_prefix = ""
        self._previous = _Kind.PARAGRAPH

    def write(self, run: str) -> None:
        """Add a run of text, as it is, to the open block."""
        if run:
            self._runs.append(run)

    def write_collapsed(self, run: str) -> None:
        """Add a run of text whose white space only separates words."""
        collapsed = _WHITE_SPACE.sub(" ", run)
        after_space = not self._runs or self._runs[-1][-1].isspace()
        self.write(collapsed.lstrip(" ") if after_space else collapsed)

    def end_block(self) -> None:
        """End the open block."""
        if self._open_cells:
            self.write(LINE)
        else:
            self._add(self._taken(), _Kind.ITEM if self._open_items else _Kind.PARAGRAPH)

    def end_heading(self, level: int) -> None:
        """End the open block as a heading."""
        if self._open_cells:
            self.write(LINE)
        else:
            self._builder.add_heading(level, self._taken())
            self._previous = _Kind.PARAGRAPH

    def start_page(self, number: int) -> None:
        """End the open block, and start a page with the next one."""
        self.end_block()
        self._builder.start_page(number)

    def start_item(self, prefix: str) -> None:
        """Start a list item; `prefix`, its indent and marker, goes before its first block."""
        self.end_block()
        self._open_items += 1
        self._item_prefix = prefix

    def end_item(self) -> None:
        """End a list item."""
        self.end_block()
        self._open_items -= 1
        self._item_prefix = ""

    def start_table(self) -> None:
        """Start a table."""
        self.end_block()
        if not self._open_cells:
            self._previous = _Kind.PARAGRAPH

    def start_cell(self) -> None:
        """Start a table's cell."""
        self.end_block()
        self._open_cells += 1

    def end_cell(self) -> None:
        """End a table's cell."""
        self._open_cells -= 1
        if self._open_cells:
            self.write(LINE)
        else:
            self._row.append(one_line(self._taken()))

    def end_row(self) -> None:
        """End a table's row."""
        if not self._open_cells:
            row, self._row = self._row, []
            self._add(_BETWEEN_CELLS.join(row) if any(row) else "", _Kind.ROW)

    def build(self, title: str, metadata: dict[str, str]) -> ParsedDocument:
        """Return the document."""
        self.end_block()
        return self._builder.build(title, metadata)

    def _taken(self) -> str:
        runs, self._runs = self._runs, []
        return "".join(runs).strip("\r\n").rstrip()

    def _add(self, text: str, kind: _Kind) -> None:
        if not text.strip():
            return
        prefix, self._item_prefix = self._item_prefix, ""
        same_list = kind is self._previous and kind is not _Kind.PARAGRAPH
        self._builder.add(prefix + text, LINE if same_list else PARAGRAPH)
        self._previous = kind
