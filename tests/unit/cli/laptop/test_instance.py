import os
from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.laptop.instance import only_instance


def test_a_second_one_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with only_instance(tmp_path), pytest.raises(KubeloreError, match=f"process {os.getpid()}") as raised:
        only_instance(tmp_path).__enter__()

    assert raised.value.code is ErrorCode.STATE_IN_USE
    assert str(tmp_path) in raised.value.message
    assert "--state-dir" in raised.value.message


def test_the_folder_is_made_and_free_again_afterwards(tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"
    for _ in range(2):
        with only_instance(state):
            assert state.is_dir()


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(KubeloreError, match=str(tmp_path / "file")) as raised,
        only_instance(tmp_path / "file" / "state"),
    ):
        pass
    assert raised.value.code is ErrorCode.SETTINGS_INVALID
