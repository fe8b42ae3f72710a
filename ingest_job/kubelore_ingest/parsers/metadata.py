"""Flattens a document's own properties into the few short strings that are kept of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from kubelore_ingest.parsers.normalise import one_line

_MOST_ENTRIES = 64
_LONGEST_KEY = 128
_LONGEST_VALUE = 1024
_DEEPEST = 4


def flat_metadata(properties: Mapping[Any, object]) -> dict[str, str]:
    """Return the properties as strings: nested keys joined by dots, lists by commas, what is empty left out.

    At most 64 entries with values of at most 1,024 characters.
    """
    filled = ((key, value) for key, value in _entries(properties, "", _DEEPEST) if value)
    return {key[:_LONGEST_KEY]: value[:_LONGEST_VALUE] for key, value in islice(filled, _MOST_ENTRIES)}


def _entries(properties: Mapping[Any, object], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in properties.items():
        path = f"{prefix}{one_line(str(key))}"
        if isinstance(value, Mapping):
            if depth > 1:
                yield from _entries(value, f"{path}.", depth - 1)
        elif isinstance(value, list | tuple):
            yield path, _joined(value)
        else:
            yield path, _scalar(value)


def _joined(values: Iterable[object]) -> str:
    return ", ".join(filter(None, map(_scalar, values)))


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return one_line(str(value)) if isinstance(value, str | int | float) else ""
