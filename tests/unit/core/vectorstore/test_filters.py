import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.filters import (
    And,
    Compare,
    Comparison,
    ContainsAny,
    Filter,
    In,
    IsEmpty,
    Literal,
    Not,
    Or,
    render,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("\\\"'\n\r\t{}[]()=! or and", max_size=20)
STRING_LITERAL = re.compile(r'"(?:[^"\\\n\r]|\\[\\"\'nrt])*"')


def equals(field: str, value: Literal) -> Filter:
    return Compare(field, Comparison.EQ, value)


@pytest.mark.parametrize(
    ("where", "rendered"),
    [
        (equals("tenant_id", "t1"), 'tenant_id == "t1"'),
        (Compare("page", Comparison.GE, 3), "page >= 3"),
        (Compare("char_start", Comparison.LT, -1), "char_start < -1"),
        (equals("metadata.lang", "zh"), 'metadata["lang"] == "zh"'),
        (equals("metadata.draft", value=True), 'metadata["draft"] == true'),
        (equals("metadata.ratio", 0.5), 'metadata["ratio"] == 0.5'),
        (In("source", ["a", "b"]), 'source in ["a", "b"]'),
        (In("metadata.lang", ["en", "zh"]), '(metadata["lang"] == "en" or metadata["lang"] == "zh")'),
        (In("source", []), 'id == ""'),
        (In("metadata.lang", []), 'id == ""'),
        (ContainsAny("access_groups", ["a"]), 'array_contains_any(access_groups, ["a"])'),
        (ContainsAny("access_groups", []), 'id == ""'),
        (IsEmpty("access_groups"), "array_length(access_groups) == 0"),
        (And([]), 'id != ""'),
        (Or([]), 'id == ""'),
        (And([equals("id", "a")]), 'id == "a"'),
        (Not(Or([equals("id", "a"), equals("id", "b")])), 'not ((id == "a" or id == "b"))'),
        (
            And([equals("id", "a"), Compare("page", Comparison.GE, 1), Compare("page", Comparison.LT, 5)]),
            '(id == "a" and (page >= 1 and page < 5))',
        ),
        (equals("source", "a\"b\\c\n\r\t'安装🙂"), 'source == "a\\"b\\\\c\\n\\r\\t\'安装🙂"'),
    ],
)
def test_a_filter_is_written_in_the_engines_language(where: Filter, rendered: str) -> None:
    assert render(where) == rendered


@given(TEXTS)
def test_no_literal_ends_before_its_closing_quote(text: str) -> None:
    rendered = render(equals("source", text))

    assert STRING_LITERAL.fullmatch(rendered.removeprefix("source == "))


@given(TEXTS, TEXTS)
def test_two_literals_are_never_written_alike(one: str, other: str) -> None:
    assert (render(equals("source", one)) == render(equals("source", other))) == (one == other)


@given(st.text())
def test_a_field_is_one_of_the_list_or_refused(field: str) -> None:
    try:
        rendered = render(equals(f"metadata.{field}", "x"))
    except KubeloreError:
        return
    assert re.fullmatch(r'metadata\["[\w .:/@-]+"\] == "x"', rendered)


@pytest.mark.parametrize(
    "where",
    [
        equals("chunk_text", "x"),
        equals("vector", "x"),
        equals("tenant_id == 'x' or tenant_id", "x"),
        equals("", "x"),
        equals("metadata", "x"),
        equals("metadata.", "x"),
        equals('metadata.a"] == "b" or metadata["c', "x"),
        equals("metadata.a]", "x"),
        equals("metadata.a\\", "x"),
        equals("metadata.a\n", "x"),
        equals(f"metadata.{'a' * 129}", "x"),
        equals("access_groups", "x"),
        ContainsAny("tenant_id", ["x"]),
        IsEmpty("metadata"),
        In("unknown", ["x"]),
    ],
)
def test_a_field_that_is_not_on_the_list_is_refused(where: Filter) -> None:
    with pytest.raises(KubeloreError) as caught:
        render(where)

    assert caught.value.code is ErrorCode.FILTER_INVALID


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant_id", 1),
        ("tenant_id", True),
        ("page", "1"),
        ("page", True),
        ("page", 1.5),
        ("page", 2**63),
        ("metadata.a", float("nan")),
        ("metadata.a", float("inf")),
        ("source", "\ud800"),
    ],
)
def test_a_literal_that_its_field_does_not_take_is_refused(field: str, value: Literal) -> None:
    with pytest.raises(KubeloreError) as caught:
        render(equals(field, value))

    assert caught.value.code is ErrorCode.FILTER_INVALID
    assert field in caught.value.message


def test_thousands_of_parts_are_nested_no_deeper_than_their_logarithm() -> None:
    rendered = render(Or([equals("chunk_id", index) for index in range(5000)]))

    depth = deepest = 0
    for character in rendered:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    assert deepest <= 14
