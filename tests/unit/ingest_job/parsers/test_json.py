import json

import pytest

from kubelore.errors import ErrorCode
from support.documents import parse, parse_code, parse_error


def text_of(value: object) -> str:
    return parse(json.dumps(value, ensure_ascii=False), "a.json").text


def test_each_value_stands_beside_its_path() -> None:
    value = {
        "title": "集群",
        "nodes": [{"name": "a", "disks": ["sda", "sdb"], "on": True}, {"name": "b", "disks": []}],
        "limits": {"cpu.max": 2, "gone": None},
    }

    assert text_of(value) == (
        "title: 集群\n\nnodes[0].name: a\nnodes[0].disks: sda, sdb\nnodes[0].on: true\n\nnodes[1].name: b"
        '\nlimits["cpu.max"]: 2'
    )


def test_numbers_stay_as_they_are_written() -> None:
    assert parse("[1.10, 1e400, -0, " + "9" * 5000 + "]", "a.json").text == "1.10, 1e400, -0, " + "9" * 5000


def test_the_title_is_the_documents_own() -> None:
    assert parse('{"id": 1, "title": "The title"}', "a.json").title == "The title"
    assert parse('{"title": ["no"], "name": "The name"}', "a.json").title == "The name"


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
def test_each_line_is_a_record(name: str) -> None:
    assert parse('{"a": 1, "b": "x"}\n\n{"a": 2}\n', name).text == "a: 1\nb: x\n\na: 2"


def test_lists_in_lists_keep_their_paths() -> None:
    assert text_of([[1, 2], [3, [4]]]) == "[0]: 1, 2\n\n[1][0]: 3\n\n[1][1]: 4"


@pytest.mark.parametrize("text", ['"words"', "12", '["words"]'])
def test_a_simple_value_is_text(text: str) -> None:
    assert parse(text, "a.json").text == text.strip('["]')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_json_reads_the_same_in_any_encoding(encoding: str) -> None:
    assert parse('{"key": "分布式对象存储系统"}'.encode(encoding), "a.json").text == "key: 分布式对象存储系统"


def test_a_line_that_is_no_json_is_named() -> None:
    error = parse_error('{"a": 1}\n{"a": \n', "a.jsonl")

    assert error.code is ErrorCode.DOCUMENT_BROKEN
    assert "line" in error.detail


@pytest.mark.parametrize("depth", [100, 5000, 200_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_is_read_or_refused(depth: int, opening: str) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]
    text = opening * depth + "1" + closing * depth

    if depth > 100:
        assert parse_code(text, "a.json") is ErrorCode.DOCUMENT_BROKEN
    else:
        assert parse(text, "a.json").text.endswith(": 1")


@pytest.mark.parametrize("text", ["{}", "[]", "[null, {}]", '""'])
def test_json_without_values_is_empty(text: str) -> None:
    assert parse_code(text, "a.json") is ErrorCode.DOCUMENT_EMPTY
