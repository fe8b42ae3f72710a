from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.ingest.files import find_documents


def write(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x", encoding="utf-8")
    return root


def names(path: Path, glob: str = "**/*") -> list[str]:
    return [document.name for document in find_documents(path, glob)]


def test_a_file_is_known_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "docs/a.md")

    assert names(tmp_path / "docs" / "a.md") == ["a.md"]


def test_a_folders_files_are_known_by_their_path_from_it_in_order(tmp_path: Path) -> None:
    write(tmp_path, "docs/b.md", "docs/zh/安装.md", "docs/a.md")

    assert names(tmp_path / "docs") == ["docs/a.md", "docs/b.md", "docs/zh/安装.md"]


def test_the_current_folder_has_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "docs/a.md")
    monkeypatch.chdir(tmp_path / "docs")

    assert names(Path()) == ["docs/a.md"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "docs/a.md", "docs/.git/config", "docs/.hidden")

    assert names(tmp_path / "docs") == ["docs/a.md"]


def test_a_glob_narrows_the_files(tmp_path: Path) -> None:
    write(tmp_path, "docs/a.md", "docs/b.png", "docs/zh/c.md")

    assert names(tmp_path / "docs", "**/*.md") == ["docs/a.md", "docs/zh/c.md"]


def test_a_folder_without_a_match_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match=r"no file matches \*\*/\*\.md") as raised:
        find_documents(write(tmp_path, "a.txt"), "**/*.md")
    assert raised.value.code is ErrorCode.SOURCE_NOT_FOUND
