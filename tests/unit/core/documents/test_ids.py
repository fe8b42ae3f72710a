from hypothesis import given
from hypothesis import strategies as st

from kubelore.documents.ids import chunk_key, content_version, document_id, fingerprint

PARTS = st.text(st.characters(exclude_characters="\x1f"))


@given(PARTS, PARTS)
def test_an_id_is_the_same_on_every_attempt_and_32_hex_digits(tenant: str, source: str) -> None:
    one, other = document_id("n", "kb", tenant, source), document_id("n", "kb", tenant, source)

    assert one == other
    assert len(one) == 32
    assert int(one, 16) >= 0


def test_what_is_cut_elsewhere_is_another_identity() -> None:
    assert document_id("a", "b", "c", "d") != document_id("a", "b", "cd", "")
    assert chunk_key("t", "d", "v", 1) != chunk_key("t", "d", "v", 11)
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_tenants_never_share_a_document_or_a_row() -> None:
    assert document_id("n", "kb", "t1", "a.md") != document_id("n", "kb", "t2", "a.md")
    assert chunk_key("t1", "d", "v", 0) != chunk_key("t2", "d", "v", 0)


@given(st.lists(st.binary()))
def test_a_version_is_the_contents_however_it_is_cut(parts: list[bytes]) -> None:
    assert content_version(parts) == content_version([b"".join(parts)])
