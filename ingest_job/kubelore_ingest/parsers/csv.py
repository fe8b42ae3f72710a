"""Reads comma-separated values, and those separated by tabs, semicolons or bars."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import decode
from kubelore_ingest.parsers.normalise import normalise
from kubelore_ingest.parsers.table import table_lines
from kubelore_ingest.parsers.text_builder import LINE, TextBuilder

_DELIMITERS = "\t;,|"
"""Of those that fit equally well the first: decimal commas are common, a tab within a cell is rare."""

_DECLARED = re.compile(r"sep=(.)\n")
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 100
_LONGEST_CELL = 16 * 1024 * 1024


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a table, a line for each row; how it is encoded and separated is found out."""
    text = normalise(decode(data, name))
    declared = _DECLARED.match(text)
    delimiter = declared[1] if declared else _delimiter(text[:_SAMPLE_CHARACTERS])
    builder = TextBuilder()
    try:
        for line in table_lines(_rows(text[declared.end() :] if declared else text, delimiter)):
            builder.add(line, LINE)
    except csv.Error as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "the table can't be read") from error
    document = builder.build("", {})
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return document


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(text.splitlines(keepends=True), delimiter=delimiter)


def _delimiter(sample: str) -> str:
    """Return the delimiter that gives the most rows the same number of several columns."""
    return max(_DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> float:
    try:
        widths = [len(row) for row in islice(_rows(sample, delimiter), _SAMPLE_ROWS) if row]
    except csv.Error:
        return 0.0
    several = Counter(width for width in widths if width > 1)
    return several.most_common(1)[0][1] / len(widths) if several else 0.0
