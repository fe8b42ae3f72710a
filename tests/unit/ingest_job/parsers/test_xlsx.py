from datetime import date, datetime, time

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kubelore.errors import ErrorCode
from support.documents import make_xlsx, parse, parse_code, rewrite_zip


def sheet_of(workbook: Workbook, title: str = "Sheet") -> Worksheet:
    sheet = workbook.worksheets[0] if title == "Sheet" else workbook.create_sheet()
    sheet.title = title
    return sheet


def rows(*rows: list[object]) -> bytes:
    def write(workbook: Workbook) -> None:
        for row in rows:
            sheet_of(workbook).append(row)

    return make_xlsx(write)


def test_sheets_are_headings_and_each_row_names_its_columns() -> None:
    def write(workbook: Workbook) -> None:
        for row in (["节点", "Disks"], ["a", 4], ["b", None], [None, 2.5]):
            sheet_of(workbook).append(row)
        sheet_of(workbook, "空")
        costs = sheet_of(workbook, "Costs")
        for row in (["x", 1], ["y", 2]):
            costs.append(row)

    document = parse(make_xlsx(write), "a.xlsx")

    assert document.text == ("Sheet\n\n节点 | Disks\n节点: a | Disks: 4\n节点: b\nDisks: 2.5\n\nCosts\n\nx | 1\ny | 2")
    assert [(heading.text, document.text[heading.start :][:5]) for heading in document.headings] == [
        ("Sheet", "Sheet"),
        ("Costs", "Costs"),
    ]


def test_captions_and_empty_rows_stand_before_the_header() -> None:
    assert parse(rows(["Report 2026"], [], [None, "Name", "Size"], [None, "sda", 1]), "a.xlsx").text == (
        "Sheet\n\nReport 2026\n | Name | Size\nName: sda | Size: 1"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (10**15, "1000000000000000"),
        (0.1, "0.1"),
        (date(2026, 2, 3), "2026-02-03"),
        (datetime(2026, 2, 3, 4, 5), "2026-02-03T04:05:00"),  # noqa: DTZ001 - Excel's have no zone
        (time(4, 5), "04:05:00"),
        ("two\nlines", "two lines"),
        ("#N/A", "#N/A"),
        ("=HYPERLINK('x')", ""),
    ],
)
def test_values_read_as_they_are_shown(value: object, text: str) -> None:
    assert parse(rows(["x", "1"], ["y", value]), "a.xlsx").text == f"Sheet\n\nx | 1\ny | {text}".removesuffix(" | ")


def test_a_hidden_sheet_is_not_read() -> None:
    def write(workbook: Workbook) -> None:
        sheet_of(workbook)["A1"] = "shown"
        hidden = sheet_of(workbook, "Hidden")
        hidden["A1"], hidden.sheet_state = "secret", "hidden"

    assert parse(make_xlsx(write), "a.xlsx").text == "Sheet\n\nshown"


def test_a_sheet_that_lies_about_its_size_is_read_whole() -> None:
    def shrink(name: str, content: bytes) -> bytes:
        return content.replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1:A1"') if "sheet1" in name else content

    assert parse(rewrite_zip(rows(["a", "b"], ["c", "d"], ["e", "f"]), shrink), "a.xlsx").text.endswith("a: e | b: f")


def test_a_row_whose_number_is_out_of_this_world_costs_no_time() -> None:
    def far(name: str, content: bytes) -> bytes:
        return content.replace(b'<row r="2"', b'<row r="999999999999"') if "sheet1" in name else content

    assert parse(rewrite_zip(rows(["a", "b"], ["c", "d"]), far), "a.xlsx").text == "Sheet\n\na | b"


def test_a_workbook_without_values_is_empty() -> None:
    assert parse_code(make_xlsx(lambda _: None), "a.xlsx") is ErrorCode.DOCUMENT_EMPTY


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_a_spoilt_part_makes_a_workbook_broken(part: str) -> None:
    spoilt = rewrite_zip(rows(["a", "b"]), lambda name, content: b"<x>" if name == part else content)

    assert parse_code(spoilt, "a.xlsx") is ErrorCode.DOCUMENT_BROKEN


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;">]>'

    def add(name: str, content: bytes) -> bytes:
        return bomb + content if "sheet1" in name else content

    assert parse_code(rewrite_zip(rows(["a", "b"]), add), "a.xlsx") is ErrorCode.DOCUMENT_BROKEN
