from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubelore.resources.knowledge_base import IndexProfile
from kubelore.vectorstore.filters import And, Compare, Comparison, ContainsAny, Filter, In, Not
from kubelore.vectorstore.interface import CollectionSpec, Row, VectorStore
from support.rows import DIMENSION, row

HOSTILE = [
    '"',
    '" or id != "',
    "' or '1' == '1",
    "\\",
    '\\"',
    '\\\\" or tenant_id != "',
    "{tenant}",
    "$meta",
    "%",
    "a%",
    "_",
    "a\nb",
    "a\r\nb",
    "\t",
    "\x00",
    "\x01\x1f\x7f",
    "\u2028\u2029\x85\x0b\x0c",
    "\u202eabc",
    "安装 RustFS",
    "🙂👨‍👩‍👧",
    "é",
    "e\u0301",
    "]) or (1 == 1",
    'x"] == "y" or metadata["z',
    "null",
    "true",
    "",
    " ",
    "x" * 500,
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text("\\\"' ()[]=or{}\n\r\t", max_size=12)
SECRET = row(0, document="secret", tenant="victim", title="SECRET", metadata={"k": "SECRET"}, access_groups=("SECRET",))


def hostile_row(text: str, index: int) -> Row:
    return row(index, document="hostile", tenant="attacker", title=text, metadata={"k": text}, access_groups=(text,))


@pytest.fixture(scope="module")
def target(store: VectorStore) -> Iterator[str]:
    """A collection that holds another tenant's row, and one row for each hostile text."""
    alias = f"kl_hostile_{uuid4().hex}"
    name = f"{alias}_g1"
    store.ensure_collection(CollectionSpec(name, DIMENSION, IndexProfile.EXACT, m=16, ef_construction=200))
    store.upsert(name, [SECRET, *(hostile_row(text, index) for index, text in enumerate(HOSTILE))])
    yield name
    store.drop_all(alias)


def own(where: Filter) -> Filter:
    """What the gateway makes of a filter: it holds within the caller's tenant alone."""
    return And([Compare("tenant_id", Comparison.EQ, "attacker"), where])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_matches_itself_and_nothing_else(store: VectorStore, target: str, text: str) -> None:
    for where in (
        Compare("title", Comparison.EQ, text),
        In("title", [text]),
        Compare("metadata.k", Comparison.EQ, text),
        In("metadata.k", [text, text]),
        ContainsAny("access_groups", [text]),
    ):
        assert store.count(target, where) == 1, where
        assert store.count(target, own(where)) == 1, where
        assert store.count(target, own(Not(where))) == len(HOSTILE) - 1, where


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_tenant_sees_nothing(store: VectorStore, target: str, text: str) -> None:
    assert store.count(target, Compare("tenant_id", Comparison.EQ, f"nobody{text}")) == 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text("\\\"' ()[]=or{}\n\r\t", max_size=12)
)
def test_no_text_reaches_what_the_tenant_may_not_see(store: VectorStore, target: str, text: str) -> None:
    expected = HOSTILE.count(text)

    assert store.count(target, own(Compare("title", Comparison.EQ, text))) == expected
    assert store.count(target, own(In("metadata.k", [text, text + "x"]))) == sum(
        HOSTILE.count(each) for each in (text, text + "x")
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_deleting_by_a_hostile_text_deletes_nothing_else(store: VectorStore, target: str, text: str) -> None:
    before = store.count(target, And(()))

    store.delete(target, own(Compare("source", Comparison.EQ, text)))

    assert store.count(target, And(())) == before
