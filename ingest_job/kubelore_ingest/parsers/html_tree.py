"""Walks an HTML tree and writes its blocks, lists and tables as text."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lxml import etree
from lxml.html import HtmlElement

from kubelore_ingest.parsers.block_writer import BlockWriter

HEADINGS: Mapping[str, int] = MappingProxyType({f"h{level}": level for level in range(1, 7)})
_INLINE = frozenset(
    (
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font"),
        *("i", "img", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike"),
        *("strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    )
)
_INDENT = "  "


class TreeReader:
    """Reads a tree without recursion, so that its depth costs no stack."""

    def __init__(self, writer: BlockWriter) -> None:
        self._writer = writer
        self._open_preformatted = 0
        self._lists: list[int | None] = []
        self._tables: list[bool] = []
        self._starts: Mapping[str, Callable[[HtmlElement], None]] = {
            "br": self._line_break,
            "img": self._image,
            "pre": self._start_preformatted,
            "ul": self._start_list,
            "ol": self._start_list,
            "li": self._start_item,
            "table": self._start_table,
            "td": self._start_cell,
            "th": self._start_cell,
        }
        self._ends: Mapping[str, Callable[[], None]] = {
            "pre": self._end_preformatted,
            "ul": self._end_list,
            "ol": self._end_list,
            "li": self._writer.end_item,
            "table": self._end_table,
            "td": self._end_cell,
            "th": self._end_cell,
            "tr": self._end_row,
        }

    def read(self, root: HtmlElement) -> None:
        """Write all text under an element."""
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "start":
                self._start(element)
                self._write(element.text)
            else:
                self._end(element)
                if element is not root:
                    self._write(element.tail)

    def _write(self, text: str | None) -> None:
        if text and self._open_preformatted:
            self._writer.write(text)
        elif text:
            self._writer.write_collapsed(text)

    def _start(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in self._starts:
            self._starts[tag](element)
        elif tag not in _INLINE:
            self._writer.end_block()

    def _end(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in HEADINGS:
            self._writer.end_heading(HEADINGS[tag])
        elif tag in self._ends:
            self._ends[tag]()
        elif tag not in _INLINE:
            self._writer.end_block()

    def _line_break(self, _element: HtmlElement) -> None:
        self._writer.write("\n")

    def _image(self, element: HtmlElement) -> None:
        self._write(element.get("alt"))

    def _start_preformatted(self, _element: HtmlElement) -> None:
        self._writer.end_block()
        self._open_preformatted += 1

    def _end_preformatted(self) -> None:
        self._writer.end_block()
        self._open_preformatted -= 1

    def _start_list(self, element: HtmlElement) -> None:
        self._writer.end_block()
        self._lists.append(0 if element.tag == "ol" else None)

    def _end_list(self) -> None:
        self._writer.end_block()
        self._lists.pop()

    def _start_item(self, _element: HtmlElement) -> None:
        self._writer.start_item(_INDENT * (len(self._lists) - 1) + self._next_marker())

    def _next_marker(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number + 1}. "

    def _start_table(self, element: HtmlElement) -> None:
        self._writer.start_table()
        self._tables.append(_is_data_table(element))

    def _end_table(self) -> None:
        self._writer.end_row()
        self._tables.pop()

    def _start_cell(self, _element: HtmlElement) -> None:
        if self._in_data_table:
            self._writer.start_cell()
        else:
            self._writer.end_block()

    def _end_cell(self) -> None:
        if self._in_data_table:
            self._writer.end_cell()
        else:
            self._writer.end_block()

    def _end_row(self) -> None:
        if self._in_data_table:
            self._writer.end_row()
        else:
            self._writer.end_block()

    @property
    def _in_data_table(self) -> bool:
        return bool(self._tables) and self._tables[-1]


def _is_data_table(table: HtmlElement) -> bool:
    """Whether a table holds data: one that holds tables or headings lays out a page."""
    return sum(1 for _ in table.iter("table", *HEADINGS)) == 1
