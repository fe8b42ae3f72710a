"""Turns a JSON value into lines that each say by their path what they hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PLAIN_KEY = re.compile(r"[^\s.\[\]\":]+")


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One value with its path; `starts_object` where it is the first of an object in a list."""

    text: str
    starts_object: bool = False


def value_lines(value: object, path: str = "") -> Iterator[ValueLine]:
    """Yield a line for each value that isn't empty; a list of simple values is one line."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from value_lines(member, _member_path(path, key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from _item_lines(item, f"{path}[{index}]")
    else:
        text = ", ".join(filter(None, map(_scalar, value))) if isinstance(value, list) else _scalar(value)
        if text:
            yield ValueLine(f"{path}: {text}" if path else text)


def _item_lines(item: object, path: str) -> Iterator[ValueLine]:
    starts_object = True
    for line in value_lines(item, path):
        yield ValueLine(line.text, starts_object or line.starts_object)
        starts_object = False


def _member_path(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _scalar(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
