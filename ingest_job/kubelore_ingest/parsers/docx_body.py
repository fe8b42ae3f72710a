"""Walks the body of a Word document and writes its paragraphs, lists and tables as text.

python-docx's own paragraphs leave out text boxes, content controls and tracked insertions.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from lxml import etree
from lxml.etree import _Element

from kubelore_ingest.parsers.block_writer import BlockWriter

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PARAGRAPH = f"{_WORD}p"
_STYLE = f"{_WORD}pPr/{_WORD}pStyle"
_NUMBERING = f"{_WORD}pPr/{_WORD}numPr"
_NUMBERING_LEVEL = f"{_NUMBERING}/{_WORD}ilvl"
_VALUE = f"{_WORD}val"
_SKIPPED = frozenset({f"{_WORD}pPr", f"{_WORD}rPr", f"{_WORD}del", f"{_WORD}moveFrom", f"{_COMPATIBILITY}Fallback"})
"""Properties, what tracked changes removed, and what repeats a newer form for older readers."""
_TEXTS = frozenset({f"{_WORD}t", f"{_MATH}t"})
_RUNS: Mapping[str, str] = MappingProxyType(
    {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-"}
)
_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_LIST = re.compile(r"list\b", re.IGNORECASE)
_DEEPEST_INDENT = 8
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class StyleRole:
    """What a paragraph of some style is: a heading of a level, a list item, or neither."""

    heading: int | None = None
    item: bool = False

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Tell it from the names of a style and of those that it is based on."""
        for name in names:
            if match := _HEADING.match(name):
                return cls(heading=int(match[1]))
            if name == "Title":
                return cls(heading=1)
            if _LIST.match(name):
                return cls(item=True)
        return cls()


_NO_ROLE = StyleRole()
_ITEM = StyleRole(item=True)


class BodyReader:
    """Reads a body without recursion, so that its depth costs no stack."""

    def __init__(self, roles: Mapping[str, StyleRole]) -> None:
        self._roles = roles
        self._writer = BlockWriter()
        self._starts = {f"{_WORD}tbl": self._writer.start_table, f"{_WORD}tc": self._writer.start_cell}
        self._ends = {f"{_WORD}tc": self._writer.end_cell, f"{_WORD}tr": self._writer.end_row}

    def read(self, body: _Element) -> BlockWriter:
        """Read all text under an element; return it as written so far."""
        walk = etree.iterwalk(body, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                self._end(element)
            elif element.tag in _SKIPPED:
                walk.skip_subtree()
            else:
                self._start(element)
        return self._writer

    def _start(self, element: _Element) -> None:
        if element.tag == _PARAGRAPH:
            self._start_paragraph(element)
        elif element.tag in _TEXTS:
            self._writer.write("".join(element.itertext()))
        elif element.tag in _RUNS:
            self._writer.write(_RUNS[element.tag])
        elif element.tag in self._starts:
            self._starts[element.tag]()

    def _end(self, element: _Element) -> None:
        if element.tag == _PARAGRAPH:
            self._end_paragraph(element)
        elif element.tag in self._ends:
            self._ends[element.tag]()

    def _start_paragraph(self, paragraph: _Element) -> None:
        if self._role(paragraph).item:
            self._writer.start_item(_INDENT * _numbering_level(paragraph) + "- ")
        else:
            self._writer.end_block()

    def _end_paragraph(self, paragraph: _Element) -> None:
        role = self._role(paragraph)
        if role.heading is not None:
            self._writer.end_heading(role.heading)
        elif role.item:
            self._writer.end_item()
        else:
            self._writer.end_block()

    def _role(self, paragraph: _Element) -> StyleRole:
        style = paragraph.find(_STYLE)
        role = _NO_ROLE if style is None else self._roles.get(style.get(_VALUE, ""), _NO_ROLE)
        if role == _NO_ROLE and paragraph.find(_NUMBERING) is not None:
            return _ITEM
        return role


def _numbering_level(paragraph: _Element) -> int:
    level = paragraph.find(_NUMBERING_LEVEL)
    number = "0" if level is None else level.get(_VALUE, "0")
    return min(int(number), _DEEPEST_INDENT) if number.isdecimal() else 0
