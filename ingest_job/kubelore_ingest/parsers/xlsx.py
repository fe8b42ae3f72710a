"""Reads Excel workbooks."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from io import BytesIO
from itertools import islice

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.metadata import flat_metadata
from kubelore_ingest.parsers.office import opening_office_file
from kubelore_ingest.parsers.table import table_lines
from kubelore_ingest.parsers.text_builder import LINE, PARAGRAPH, TextBuilder

_VISIBLE = "visible"
_MOST_ROWS = 1_048_576
"""Excel's own limit; a row's number in a damaged file may be any."""

_MIDNIGHT = time()


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a workbook: a heading for each sheet that is shown, a line for each row, the values that Excel kept."""
    with (
        opening_office_file(data, name, InvalidFileException, OSError),
        closing(load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)) as workbook,
    ):
        document = _read(workbook)
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return document


def _read(workbook: Workbook) -> ParsedDocument:
    builder = TextBuilder()
    for sheet in workbook.worksheets:
        if sheet.sheet_state == _VISIBLE and isinstance(sheet, ReadOnlyWorksheet):
            _write_sheet(builder, sheet)
    properties = workbook.properties
    metadata = flat_metadata(
        {
            "author": properties.creator,
            "subject": properties.subject,
            "keywords": properties.keywords,
            "category": properties.category,
        }
    )
    return builder.build(properties.title or "", metadata)


def _write_sheet(builder: TextBuilder, sheet: ReadOnlyWorksheet) -> None:
    separator = PARAGRAPH
    for line in table_lines(_rows(sheet)):
        if separator == PARAGRAPH:
            builder.add_heading(1, sheet.title)
        builder.add(line, separator)
        separator = LINE


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[Iterator[str]]:
    # The size that a sheet declares may be smaller than it is.
    sheet.reset_dimensions()
    for row in islice(sheet.iter_rows(values_only=True), _MOST_ROWS):
        yield (_text(value) for value in row)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime) and value.time() == _MIDNIGHT:
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
