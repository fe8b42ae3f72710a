import pytest

from kubelore.resources.rules import constant, exactly_one_of, matching, name_matching
from support.builders import knowledge_base


class Choice:
    """Two fields, by their Python names."""

    def __init__(self, first: str | None = None, second_one: str | None = None) -> None:
        self.first = first
        self.second_one = second_one


@pytest.mark.parametrize("text", ["", "a b", "ab\n", "A"])
def test_a_text_must_match_as_a_whole(text: str) -> None:
    with pytest.raises(ValueError, match="must be small"):
        matching("[a-z]+", "must be small").check(text)


def test_a_text_that_matches_is_returned() -> None:
    assert matching("[a-z]+", "must be small").check("abc") == "abc"


def test_exactly_one_of_the_fields_must_be_set() -> None:
    rule = exactly_one_of(("first", "second_one"), ("first", "secondOne"))

    assert rule.holds(Choice(first="x"))
    assert not rule.holds(Choice())
    assert not rule.holds(Choice(first="x", second_one=""))
    assert rule.cel == "(has(self.first) ? 1 : 0) + (has(self.secondOne) ? 1 : 0) == 1"
    assert rule.message == "exactly one of first, secondOne must be set"


def test_a_resources_name_must_match_and_be_short() -> None:
    rule = name_matching("[a-z]+", 4, "small")

    assert rule.holds(knowledge_base("abcd"))
    assert not rule.holds(knowledge_base("abcde"))
    assert not rule.holds(knowledge_base("a-b"))
    assert rule.message == "metadata.name must be small, at most 4 characters"


def test_a_constant_is_compared_also_where_it_is_unset() -> None:
    assert (
        constant("key", "stays").cel
        == "(has(self.key)) == (has(oldSelf.key)) && (!(has(self.key)) || self.key == oldSelf.key)"
    )
    assert "(has(self.a) && has(self.a.b)) == (has(oldSelf.a) && has(oldSelf.a.b))" in constant("a.b", "stays").cel
