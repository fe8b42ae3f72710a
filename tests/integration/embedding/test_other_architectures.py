"""A sentence encoder that no graph is built of is served by sentence-transformers."""

import logging
from pathlib import Path

import numpy as np
import openai
import pytest

from kubelore.embedding.onnx_model import OnnxModel
from kubelore.embedding.sentence_transformers_model import SentenceTransformersModel
from kubelore.errors import ErrorCode, KubeloreError
from support.embedder import running_embedder
from support.tiny_sentence_encoder import write_tiny_mpnet

TEXTS = ["When does the office open?", "公司每年有十五天年假", "", "The office opens at nine in the morning. " * 40]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_mpnet(tmp_path_factory.mktemp("mpnet"))


def test_no_graph_is_built_of_it(folder: Path) -> None:
    with pytest.raises(KubeloreError) as caught:
        OnnxModel(folder, threads=1)
    assert caught.value.code is ErrorCode.MODEL_UNSUPPORTED


def test_the_server_gives_the_vectors_of_sentence_transformers(folder: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds

    expected = SentenceTransformer(str(folder)).encode(TEXTS, normalize_embeddings=True)
    with running_embedder(tmp_path, model_dir=str(folder), embedding_model="tiny-mpnet") as url:
        answer = openai.OpenAI(base_url=url, api_key="none").embeddings.create(model="tiny-mpnet", input=TEXTS)

    vectors = np.array([item.embedding for item in answer.data])
    assert (vectors * expected).sum(axis=1).min() > 0.9999


def test_a_model_that_brings_its_own_code_is_not_run(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    copy = write_tiny_mpnet(folder.parent / "with-code")
    config = (copy / "config.json").read_text(encoding="utf-8")
    code = '{"auto_map": {"AutoModel": "own.Model", "AutoConfig": "own.Config"}, "model_type": "own",'
    (copy / "config.json").write_text(config.replace("{", code, 1).replace('"model_type": "mpnet",', ""))
    (copy / "own.py").write_text("raise SystemExit('it ran')")

    with pytest.raises(KubeloreError) as caught:
        SentenceTransformersModel(copy, threads=1)

    assert caught.value.code is ErrorCode.MODEL_UNSUPPORTED
