"""Reads JSON and JSON Lines."""

import json
import re
from collections.abc import Iterator
from typing import Any

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.encoding import decode
from kubelore_ingest.parsers.json_lines import value_lines
from kubelore_ingest.parsers.text_builder import LINE, PARAGRAPH, TextBuilder

_TITLES = ("title", "name")
_WHITE_SPACE = re.compile(r"[\s\ufeff\x1e]*")
# A number is quoted as it stands: 1.10 is not 1.1, and digits may be too many for a number of Python's.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read JSON as a line for each value, `path.to[0].key: value`; a file may hold several values, as JSON Lines."""
    text = decode(data, name)
    builder, title = TextBuilder(), ""
    try:
        for value in _values(text):
            title = title or _title(value)
            _write(builder, value)
    except json.JSONDecodeError as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, f"line {error.lineno} is no JSON") from error
    except RecursionError as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "the JSON is nested too deeply") from error
    document = builder.build(title, {})
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return document


def _values(text: str) -> Iterator[Any]:
    position = _after_white_space(text, 0)
    while position < len(text):
        value, end = _DECODER.raw_decode(text, position)
        yield value
        position = _after_white_space(text, end)


def _after_white_space(text: str, position: int) -> int:
    match = _WHITE_SPACE.match(text, position)
    return match.end() if match else position


def _title(value: object) -> str:
    candidates = (value.get(key) for key in _TITLES) if isinstance(value, dict) else ()
    return next((candidate for candidate in candidates if isinstance(candidate, str)), "")


def _write(builder: TextBuilder, value: object) -> None:
    separator = PARAGRAPH
    for line in value_lines(value):
        builder.add(line.text, PARAGRAPH if line.starts_object else separator)
        separator = LINE
