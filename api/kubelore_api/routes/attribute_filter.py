"""The filter grammar of OpenAI's vector stores, and the typed filter that it stands for."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore import filters
from kubelore.vectorstore.filters import And, Compare, Comparison, Filter, In, Not, Or
from kubelore_api.errors import RequestError

PARAMETER = "filters"
MOST_LEVELS = 8
MOST_CONDITIONS = 64

_METADATA = "metadata."
_COLUMNS = frozenset(
    {"document_id", "document_version", "chunk_id", "source", "title", "heading_path", "page", "ingested_at"}
)
"""What a caller may compare beside metadata; who may see a row is not among it."""

_COMPARISONS: Mapping[str, Comparison] = {
    "eq": Comparison.EQ,
    "ne": Comparison.NE,
    "gt": Comparison.GT,
    "gte": Comparison.GE,
    "lt": Comparison.LT,
    "lte": Comparison.LE,
}


def _literal(value: object) -> filters.Literal:
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("a value is a text, a number, true or false")


# One validator in place of a union's four, so that an error names the field and not each type that it is not.
Value = Annotated[filters.Literal, PlainValidator(_literal, json_schema_input_type=bool | int | float | str)]


class _Closed(BaseModel):
    """A part of the grammar: what it does not know, it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ComparisonFilter(_Closed):
    """An attribute against one value."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte"]
    key: str = Field(min_length=1, max_length=200)
    value: Value


class MembershipFilter(_Closed):
    """An attribute against a list of values."""

    type: Literal["in", "nin"]
    key: str = Field(min_length=1, max_length=200)
    value: list[Value] = Field(max_length=128)


class CompoundFilter(_Closed):
    """Several filters, of which all or at least one hold."""

    type: Literal["and", "or"]
    filters: list["AttributeFilter"] = Field(min_length=1, max_length=MOST_CONDITIONS)


AttributeFilter = Annotated[ComparisonFilter | MembershipFilter | CompoundFilter, Field(discriminator="type")]


def typed_filter(attribute_filter: AttributeFilter) -> Filter:
    """Return what the filter stands for; raises RequestError FILTER_INVALID for what no store can be asked."""
    if _levels(attribute_filter) > MOST_LEVELS or _conditions(attribute_filter) > MOST_CONDITIONS:
        found = f"at most {MOST_CONDITIONS} conditions in {MOST_LEVELS} levels"
        raise RequestError(ErrorCode.FILTER_INVALID, PARAMETER, found)
    typed = _typed(attribute_filter)
    try:
        filters.render(typed)
    except KubeloreError as error:
        raise RequestError(error.code, PARAMETER, error.detail, error.subject) from error
    return typed


def _typed(part: AttributeFilter) -> Filter:
    match part:
        case ComparisonFilter(type=comparison, key=key, value=value):
            return Compare(_field(key), _COMPARISONS[comparison], value)
        case MembershipFilter(type="in", key=key, value=values):
            return In(_field(key), values)
        case MembershipFilter(key=key, value=values):
            return Not(In(_field(key), values))
        case CompoundFilter(type="and", filters=parts):
            return And([_typed(each) for each in parts])
        case CompoundFilter(filters=parts):
            return Or([_typed(each) for each in parts])


def _field(key: str) -> str:
    """Return a column's name, or the metadata of that name."""
    return key if key in _COLUMNS or key.startswith(_METADATA) else _METADATA + key


def _levels(part: AttributeFilter) -> int:
    return 1 + max(map(_levels, part.filters)) if isinstance(part, CompoundFilter) else 1


def _conditions(part: AttributeFilter) -> int:
    return sum(map(_conditions, part.filters)) if isinstance(part, CompoundFilter) else 1
