"""Splits the YAML that a Markdown file may begin with from its text."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

_LONGEST = 16_384
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def split_front_matter(text: str) -> tuple[Mapping[Any, object], str]:
    """Return the front matter's properties and the text after it; what is no valid front matter stays text."""
    match = _FRONT_MATTER.match(text[:_LONGEST])
    properties = _load(match[1]) if match else None
    if match is None or properties is None:
        return {}, text
    return properties, text[match.end() :]


def _load(source: str) -> Mapping[Any, object] | None:
    try:
        properties = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError, RecursionError):
        # Dates that don't exist are a ValueError.
        return None
    return properties if isinstance(properties, Mapping) else None
