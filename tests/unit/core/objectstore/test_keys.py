import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.keys import LONGEST_KEY_BYTES, check_key


@pytest.mark.parametrize("key", ["", "a\x00b", "a\nb", "../a", "a/../b", "a/..", "./a", "\ud800", "文" * 400])
def test_a_key_that_a_store_would_refuse_or_resolve_is_refused(key: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        check_key(key)

    assert caught.value.code is ErrorCode.OBJECT_STORE_REFUSED


@pytest.mark.parametrize("key", ["a", "a/b.md", "文档/一.md", "..a/b..", "a//b", "a/", "x" * LONGEST_KEY_BYTES])
def test_any_other_key_is_taken_as_it_is(key: str) -> None:
    assert check_key(key) == key


@given(st.text(max_size=50))
def test_what_is_taken_never_leads_elsewhere_as_a_path(key: str) -> None:
    try:
        check_key(key)
    except KubeloreError:
        return

    assert not {".", ".."} & set(key.split("/"))
