from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kubelore.errors import KubeloreError
from kubelore.objectstore.paths import part_of, path_of

KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60) | st.text("%/.a25", min_size=1)


def to_path(key: str) -> PurePosixPath:
    try:
        return path_of(key)
    except KubeloreError:
        assume(False)  # noqa: FBT003 - hypothesis' own signature
        raise


@given(KEYS)
def test_a_path_leads_back_to_its_key(key: str) -> None:
    assert "/".join(part_of(part) for part in to_path(key).parts) == key


@given(KEYS, KEYS)
def test_two_keys_never_share_a_path(one: str, other: str) -> None:
    assert (to_path(one) == to_path(other)) == (one == other)


@given(KEYS)
def test_no_path_leaves_the_folder(key: str) -> None:
    root = Path("/objects")

    assert (root / to_path(key)).resolve().is_relative_to(root)


def test_no_key_has_the_path_of_the_scratch_folder() -> None:
    assert path_of("%scratch/a").parts[0] != "%scratch"


def test_a_part_that_no_file_could_be_named_by_is_refused() -> None:
    with pytest.raises(KubeloreError, match="255 bytes"):
        path_of(f"a/{'文' * 100}")
