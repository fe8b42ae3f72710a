from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kubelore.errors import ErrorCode
from kubelore.vectorstore.filters import render
from kubelore_api.errors import RequestError
from kubelore_api.routes.attribute_filter import MOST_LEVELS, AttributeFilter, typed_filter

GRAMMAR: TypeAdapter[Any] = TypeAdapter(AttributeFilter)


def rendered(data: object) -> str:
    return render(typed_filter(GRAMMAR.validate_python(data)))


@pytest.mark.parametrize(
    ("operator", "sign"), [("eq", "=="), ("ne", "!="), ("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")]
)
def test_each_comparison_has_its_sign(operator: str, sign: str) -> None:
    assert rendered({"type": operator, "key": "page", "value": 3}) == f"page {sign} 3"


def test_a_key_that_is_no_column_is_metadata() -> None:
    assert rendered({"type": "eq", "key": "author", "value": "Ann"}) == 'metadata["author"] == "Ann"'


def test_metadata_may_be_named_in_full() -> None:
    assert rendered({"type": "eq", "key": "metadata.title", "value": "T"}) == 'metadata["title"] == "T"'


def test_membership_and_its_contrary() -> None:
    assert rendered({"type": "in", "key": "source", "value": ["a", "b"]}) == 'source in ["a", "b"]'
    assert rendered({"type": "nin", "key": "source", "value": ["a"]}) == 'not (source in ["a"])'


def test_compounds_nest() -> None:
    data = {
        "type": "or",
        "filters": [
            {"type": "eq", "key": "page", "value": 1},
            {
                "type": "and",
                "filters": [{"type": "gt", "key": "page", "value": 4}, {"type": "lt", "key": "page", "value": 9}],
            },
        ],
    }
    assert rendered(data) == "(page == 1 or (page > 4 and page < 9))"


@pytest.mark.parametrize("key", ["tenant_id", "access_groups", "id", "vector", "chunk_text", "sparse"])
def test_who_may_see_a_row_can_not_be_compared(key: str) -> None:
    assert rendered({"type": "eq", "key": key, "value": "x"}).startswith(f'metadata["{key}"]')


@pytest.mark.parametrize(
    "data",
    [
        {"type": "eq", "key": 'x"] == "" or tenant_id == "other', "value": "x"},
        {"type": "eq", "key": 'metadata.a"]', "value": "x"},
        {"type": "eq", "key": "page", "value": "three"},
        {"type": "eq", "key": "author", "value": "\ud800"},
        {"type": "eq", "key": "author", "value": 2**70},
    ],
)
def test_what_no_store_can_be_asked_names_the_parameter(data: object) -> None:
    with pytest.raises(RequestError) as caught:
        rendered(data)
    assert (caught.value.code, caught.value.parameter) == (ErrorCode.FILTER_INVALID, "filters")


def test_a_filter_as_deep_as_a_well_is_refused() -> None:
    data: dict[str, Any] = {"type": "eq", "key": "page", "value": 1}
    for _ in range(MOST_LEVELS):
        data = {"type": "and", "filters": [data]}
    with pytest.raises(RequestError):
        rendered(data)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "like", "key": "page", "value": 1},
        {"type": "eq", "key": "page"},
        {"type": "eq", "key": "page", "value": None},
        {"type": "eq", "key": "page", "value": [1]},
        {"type": "eq", "key": "page", "value": float("nan")},
        {"type": "eq", "key": "page", "value": 1, "raw": "true"},
        {"type": "in", "key": "page", "value": 1},
        {"type": "and", "filters": []},
        {"type": "not", "filters": [{"type": "eq", "key": "page", "value": 1}]},
        "page == 1",
    ],
)
def test_what_the_grammar_does_not_know_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        GRAMMAR.validate_python(data)
