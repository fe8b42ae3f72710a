import re

from hypothesis import given
from hypothesis import strategies as st

from kubelore.vectorstore.names import CollectionNames, is_generation_of

LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?", fullmatch=True)


@given(LABELS, LABELS, st.integers(1, 10**6))
def test_a_collection_has_a_name_that_milvus_takes(namespace: str, name: str, generation: int) -> None:
    collection = CollectionNames(namespace, name).collection(generation)

    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,254}", collection)


def test_names_that_read_alike_are_kept_apart() -> None:
    names = [("a", "b-c"), ("a-b", "c"), ("a", "b_c"), ("a", "b.c"), ("a" * 120, "x"), ("a" * 120, "y")]

    assert len({CollectionNames(*pair).alias for pair in names}) == len(names)


def test_a_generation_is_told_from_what_only_looks_like_one() -> None:
    names = CollectionNames("team", "docs")

    assert is_generation_of(names.alias, names.collection(12))
    assert not any(
        is_generation_of(names.alias, other)
        for other in (names.alias, f"{names.alias}_g", f"{names.alias}_g1_g2", f"x{names.alias}_g1", "")
    )
