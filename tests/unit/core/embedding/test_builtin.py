from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from kubelore.embedding.builtin import BuiltinEmbedder
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.errors import ErrorCode, KubeloreError
from support.tiny_model import write_json, write_tiny_model

PROMPTS = {"prompts": {"query": "query: ", "passage": "passage: "}}


def _model(folder: Path, prompts: Mapping[str, object]) -> OnnxModel:
    write_json(write_tiny_model(folder) / "config_sentence_transformers.json", prompts)
    return OnnxModel(folder, threads=1)


def test_prefixes_of_the_configuration_go_before_questions_and_passages(tmp_path: Path) -> None:
    model = _model(tmp_path, {})
    plain = BuiltinEmbedder(model, EmbedderConfig())
    prefixed = BuiltinEmbedder(model, EmbedderConfig(query_prefix="the ", passage_prefix="a "))

    assert np.array_equal(prefixed.embed_passages(["fox"]), plain.embed_passages(["a fox"]))
    assert prefixed.embed_query("fox").vector == plain.embed_query("the fox").vector


def test_prompts_of_the_model_are_used_where_the_configuration_has_none(tmp_path: Path) -> None:
    plain = BuiltinEmbedder(_model(tmp_path / "plain", {}), EmbedderConfig())
    prompted = BuiltinEmbedder(_model(tmp_path / "prompted", PROMPTS), EmbedderConfig(query_prefix="the "))

    assert np.array_equal(prompted.embed_passages(["fox"]), plain.embed_passages(["passage: fox"]))
    assert prompted.embed_query("fox").vector == plain.embed_query("the fox").vector


def test_the_known_share_is_of_the_question_without_its_prefix(tmp_path: Path) -> None:
    embedder = BuiltinEmbedder(_model(tmp_path, PROMPTS), EmbedderConfig())

    assert embedder.embed_query("fox狐 fox").known_share == pytest.approx(3 / 7)


def test_another_dimension_than_the_configured_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match="8, not 384") as refusal:
        BuiltinEmbedder(_model(tmp_path, {}), EmbedderConfig(dimension=384))

    assert refusal.value.code is ErrorCode.EMBEDDING_DIMENSION
