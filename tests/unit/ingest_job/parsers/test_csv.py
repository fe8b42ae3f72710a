import csv
from io import StringIO

import pytest

from kubelore.errors import ErrorCode
from support.documents import parse, parse_code

ROWS = [["名称", "Price", "Note"], ["磁盘, 大", "1,5", 'a "b"'], ["b|c", "2;5", "two\nlines"]]
READ = '名称 | Price | Note\n名称: 磁盘, 大 | Price: 1,5 | Note: a "b"\n名称: b|c | Price: 2;5 | Note: two lines'


def written(delimiter: str) -> str:
    file = StringIO()
    csv.writer(file, delimiter=delimiter).writerows(ROWS)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_delimiter_and_encoding_are_found_out(delimiter: str, encoding: str) -> None:
    assert parse(written(delimiter).encode(encoding), "a.csv").text == READ


def test_decimal_commas_do_not_separate() -> None:
    assert parse("1,5;2,5\n3,5;4,5\n", "a.csv").text == "1,5 | 2,5\n3,5 | 4,5"


def test_a_declared_delimiter_is_taken() -> None:
    assert parse("sep=:\na:b\nc:d\n", "a.csv").text == "a | b\na: c | b: d"


def test_a_single_column_stays_lines() -> None:
    assert parse("words\nmore words\n", "a.csv").text == "words\nmore words"


def test_rows_of_any_width_lose_nothing() -> None:
    assert parse("a,b\n1\n1,2,3\n,,\n,x\n", "a.csv").text == "a | b\na: 1\na: 1 | b: 2 | 3\nb: x"


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n"never closed,1\n2,3\n',
        'a,b\n"x"y"z",1\n',
        "a,b\n=cmd|' /C calc'!A0,1\n",
        "a,b\n" + "," * 5000,
        "\n\n\na,b",
        "a\0,b\n1,2",
    ],
)
def test_odd_tables_are_read(text: str) -> None:
    assert parse(text, "a.csv").text


def test_a_cell_without_end_is_read_or_broken() -> None:
    assert parse_code('a,b\n"' + "x" * (17 << 20), "a.csv") is ErrorCode.DOCUMENT_BROKEN


def test_a_table_of_empty_cells_is_empty() -> None:
    assert parse_code(",,\n,,\n", "a.csv") is ErrorCode.DOCUMENT_EMPTY
