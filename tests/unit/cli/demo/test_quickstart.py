from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.folder import FolderStore
from kubelore_cli.demo.quickstart import PREFIX, find_quickstart

REPOSITORY = Path(__file__).resolve().parents[4]


def test_the_repositorys_quickstart_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_quickstart(None).folder == REPOSITORY / "examples" / "quickstart"


def test_a_folder_that_is_no_quickstart_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match="it has no folder manifests") as raised:
        find_quickstart(tmp_path)
    assert raised.value.code is ErrorCode.SETTINGS_INVALID


def test_without_the_repository_the_option_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kubelore_cli.demo.quickstart.__file__", str(tmp_path / "a" / "b" / "c" / "d.py"))

    with pytest.raises(KubeloreError, match="--examples"):
        find_quickstart(None)


def test_the_documents_go_where_the_task_looks(tmp_path: Path) -> None:
    objects = FolderStore(tmp_path)

    keys = find_quickstart(None).copy_documents(objects)

    assert f"{PREFIX}zh/ingest.md" in keys
    assert f"{PREFIX}exit-codes.pdf" in keys
    assert [info.key for info in objects.list(PREFIX)] == sorted(keys)
