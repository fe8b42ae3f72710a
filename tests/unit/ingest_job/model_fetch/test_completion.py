from pathlib import Path
from typing import Any

import pytest

from kubelore_ingest.model_fetch.completion import FetchedFile, complete_model, mark_complete, source_id
from support.model_fetch import order

HUB = {"repo": "owner/name", "filename": "a.bin"}


def completed(target: Path, **source: Any) -> None:
    (target / ".partial").mkdir(parents=True)
    (target / "a.bin").write_bytes(b"12345")
    mark_complete(target, order(target, **source), (FetchedFile(path="a.bin", bytes=5, sha256="a" * 64),))


def test_a_new_token_is_no_new_model(tmp_path: Path) -> None:
    completed(tmp_path, huggingFace=HUB)
    secret = {"name": "hub", "key": "token"}

    assert complete_model(tmp_path, order(tmp_path, huggingFace={**HUB, "tokenSecretRef": secret})) is not None


@pytest.mark.parametrize("change", [{"revision": "v2"}, {"filename": "b.bin"}, {"repo": "owner/other"}])
def test_a_new_revision_file_or_repository_is_one(tmp_path: Path, change: dict[str, str]) -> None:
    completed(tmp_path, huggingFace=HUB)

    assert complete_model(tmp_path, order(tmp_path, huggingFace={**HUB, **change})) is None


def test_another_checksum_is_another_model(tmp_path: Path) -> None:
    completed(tmp_path, huggingFace=HUB)

    assert complete_model(tmp_path, order(tmp_path, "a" * 64, huggingFace=HUB)) is not None
    assert complete_model(tmp_path, order(tmp_path, "b" * 64, huggingFace=HUB)) is None


def test_a_model_that_was_brought_by_hand_counts(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"12345")
    files = '[{"path": "a.bin", "bytes": 5, "sha256": "x"}]'
    (tmp_path / ".complete.json").write_text(f'{{"path": "a.bin", "sha256": "x", "bytes": 5, "files": {files}}}')

    assert complete_model(tmp_path, order(tmp_path, huggingFace=HUB)) is not None


@pytest.mark.parametrize("text", ["", "{}", '{"path": "a", "sha256": "x", "bytes": 0, "files": []}'])
def test_a_mark_that_says_nothing_counts_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".complete.json").write_text(text)

    assert complete_model(tmp_path, order(tmp_path, huggingFace=HUB)) is None


def test_a_source_is_the_same_in_every_process() -> None:
    assert source_id(order(Path("/m"), huggingFace=HUB)) == source_id(order(Path("/n"), huggingFace=HUB))
