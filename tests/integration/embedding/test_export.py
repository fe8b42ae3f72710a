"""A model folder that needs no `onnx` package."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model
from kubelore.embedding.checksums import CHECKSUM_FILE
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.graph_names import GRAPH_FILE
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings

TEXTS = ["How do I install it?", "如何安装", "", "word " * 2000]

EMBED_WITHOUT_ONNX = """
import json, sys
sys.modules["onnx"] = None
from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model
from kubelore.embedding.config import EmbedderConfig
from kubelore.settings import Settings
embedder = BuiltinEmbedder(load_builtin_model(Settings()), EmbedderConfig())
print(json.dumps(embedder.embed_passages(json.loads(sys.argv[1])).tolist()))
"""


def _python(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "model"
    done = _python("-m", "kubelore.embedding.export", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def test_an_exported_model_gives_the_same_vectors_without_the_onnx_package(exported: Path) -> None:
    embedded = _python("-c", EMBED_WITHOUT_ONNX, json.dumps(TEXTS), env={"KUBELORE_MODEL_DIR": str(exported)})

    assert embedded.returncode == 0, embedded.stderr
    expected = BuiltinEmbedder(load_builtin_model(Settings()), EmbedderConfig()).embed_passages(TEXTS)
    assert np.allclose(json.loads(embedded.stdout), expected, atol=1e-6)


def test_every_exported_file_has_its_checksum(exported: Path) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", CHECKSUM_FILE], cwd=exported, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert f"{GRAPH_FILE}: OK" in checked.stdout
    assert "model.safetensors: OK" in checked.stdout


def test_an_exported_model_of_which_a_bit_has_turned_is_refused(exported: Path, tmp_path: Path) -> None:
    for file in exported.rglob("*"):
        if file.is_file():
            copy = tmp_path / file.relative_to(exported)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    with (tmp_path / "model.safetensors").open("r+b") as weights:
        weights.seek(50_000_000)
        turned = weights.read(1)[0] ^ 1
        weights.seek(50_000_000)
        weights.write(bytes([turned]))

    with pytest.raises(KubeloreError, match=r"model\.safetensors") as refusal:
        load_builtin_model(Settings(model_dir=tmp_path))

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


def test_what_cannot_be_exported_is_said_in_one_line(tmp_path: Path) -> None:
    ended = _python(
        "-m", "kubelore.embedding.export", str(tmp_path / "copy"), env={"KUBELORE_MODEL_DIR": str(tmp_path)}
    )

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "config.json" in ended.stderr
