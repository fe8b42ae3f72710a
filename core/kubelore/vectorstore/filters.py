"""A typed filter expression; `render` alone turns it into the engine's language."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kubelore.errors import ErrorCode, KubeloreError

Literal = str | int | float | bool


class Comparison(StrEnum):
    """How a field is compared."""

    EQ = "=="
    NE = "!="
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against one literal; `field` is a column, or `metadata.<key>`."""

    field: str
    comparison: Comparison
    value: Literal


@dataclass(frozen=True, slots=True)
class In:
    """A field equals one of the literals."""

    field: str
    values: Sequence[Literal]


@dataclass(frozen=True, slots=True)
class ContainsAny:
    """An array column holds at least one of the literals."""

    field: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """An array column is empty."""

    field: str


@dataclass(frozen=True, slots=True)
class And:
    """All of them hold; with none, always."""

    parts: Sequence["Filter"]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them holds; with none, never."""

    parts: Sequence["Filter"]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: "Filter"


Filter = Compare | In | ContainsAny | IsEmpty | And | Or | Not

_TEXT_COLUMNS = frozenset({"id", "document_id", "document_version", "tenant_id", "source", "title", "heading_path"})
_NUMBER_COLUMNS = frozenset({"chunk_id", "page", "char_start", "char_end", "ingested_at"})
_ARRAY_COLUMNS = frozenset({"access_groups"})
_METADATA = "metadata."
_METADATA_KEY = re.compile(r"\w[\w .:/@-]{0,127}")
"""Milvus cuts a JSON path at brackets and unquotes it by rules of its own, so a key may hold none of its syntax."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
"""The escapes that Milvus Lite and Milvus both read; every other character stands for itself in both."""

_LARGEST_INT = 2**63 - 1
_ALWAYS = 'id != ""'
_NEVER = 'id == ""'


def render(where: Filter) -> str:
    """Write a filter in the language that Milvus Lite and every Milvus server read.

    Raises KubeloreError FILTER_INVALID for an unknown field, a literal of another type than its field, and a literal
    that can't be written.
    """
    match where:
        case Compare(field, comparison, value):
            return f"{_scalar(field, value)} {comparison} {_literal(field, value)}"
        case In(field, values):
            return _render_in(field, values)
        case ContainsAny(field, values):
            return _render_contains_any(field, values)
        case IsEmpty(field):
            return f"array_length({_array(field)}) == 0"
        case And(parts) | Or(parts):
            operator, nothing = ("and", _ALWAYS) if isinstance(where, And) else ("or", _NEVER)
            return _joined([render(part) for part in parts], operator, nothing)
        case Not(part):
            return f"not ({render(part)})"


def _render_in(field: str, values: Sequence[Literal]) -> str:
    """A JSON path takes no `in` on Milvus Lite, so there it is written out."""
    if field.startswith(_METADATA):
        return render(Or([Compare(field, Comparison.EQ, value) for value in values]))
    if not values:
        return _NEVER
    columns = {_scalar(field, value) for value in values}
    return f"{columns.pop()} in [{', '.join(_literal(field, value) for value in values)}]"


def _render_contains_any(field: str, values: Sequence[str]) -> str:
    column = _array(field)
    if not values:
        return _NEVER
    return f"array_contains_any({column}, [{', '.join(_literal(field, value) for value in values)}])"


def _joined(parts: Sequence[str], operator: str, nothing: str) -> str:
    """Join in halves: the engines' parsers recurse, and a chain of thousands would be as deep as it is long."""
    if not parts:
        return nothing
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = (_joined(half, operator, nothing) for half in (parts[:middle], parts[middle:]))
    return f"({left} {operator} {right})"


def _scalar(field: str, value: Literal) -> str:
    """Return the field as it is written; the literal must be of its type."""
    if field.startswith(_METADATA):
        return f'metadata["{_metadata_key(field)}"]'
    if field in _TEXT_COLUMNS:
        return _typed(field, value, is_right=isinstance(value, str), wanted="a text")
    if field in _NUMBER_COLUMNS:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return _typed(field, value, is_right=is_number, wanted="a whole number")
    raise _invalid(field, "there is no such field to compare")


def _typed(field: str, value: Literal, *, is_right: bool, wanted: str) -> str:
    if not is_right:
        raise _invalid(field, f"it takes {wanted}, not {type(value).__name__}")
    return field


def _array(field: str) -> str:
    if field not in _ARRAY_COLUMNS:
        raise _invalid(field, "there is no such list")
    return field


def _metadata_key(field: str) -> str:
    key = field.removeprefix(_METADATA)
    if not _METADATA_KEY.fullmatch(key):
        raise _invalid(field, "a metadata key is made of letters, digits, spaces and _ . : / @ -")
    return key


def _literal(field: str, value: Literal) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(field, value)
    if isinstance(value, int) and abs(value) > _LARGEST_INT:
        raise _invalid(field, "the number is too large")
    if isinstance(value, float) and not math.isfinite(value):
        raise _invalid(field, "the number is not finite")
    return repr(value)


def _text(field: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _invalid(field, "the text is not valid Unicode") from error
    return f'"{value.translate(_ESCAPES)}"'


def _invalid(field: str, detail: str) -> KubeloreError:
    return KubeloreError(ErrorCode.FILTER_INVALID, f"field {field[:128]!r}", detail)
