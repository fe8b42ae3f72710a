"""Vectors that were computed in 8 bits, against those in 32."""

from pathlib import Path

import numpy as np
import pytest

from kubelore.embedding.builtin import load_builtin_model
from kubelore.embedding.export import export_model
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.resources.precision import Precision
from kubelore.settings import Settings
from support.embedding_texts import two_hundred_texts

LEAST_COSINE = 0.99
LEAST_COSINE_IN_ANOTHER_BATCH = 0.9999


@pytest.fixture(scope="module")
def int8() -> OnnxModel:
    return load_builtin_model(Settings(), Precision.INT8)


def test_the_built_in_model_in_8_bits_gives_nearly_the_vectors_that_it_gives_in_32(int8: OnnxModel) -> None:
    texts = int8.tokenizer.encode(two_hundred_texts())

    cosines = (int8.embed(texts) * load_builtin_model(Settings()).embed(texts)).sum(axis=1)

    assert len(cosines) == 200
    assert cosines.min() >= LEAST_COSINE
    assert cosines.min() < LEAST_COSINE_IN_ANOTHER_BATCH


def test_a_text_has_the_same_vector_in_8_bits_alone_and_in_a_batch(int8: OnnxModel) -> None:
    texts = int8.tokenizer.encode(two_hundred_texts()[:60])

    alone = np.vstack([int8.embed([text]) for text in texts])

    assert (int8.embed(texts) * alone).sum(axis=1).min() >= LEAST_COSINE_IN_ANOTHER_BATCH


def test_an_exported_model_has_its_graph_in_8_bits(int8: OnnxModel, tmp_path: Path) -> None:
    texts = int8.tokenizer.encode(two_hundred_texts()[:20])
    export_model(locate_model(None).folder, tmp_path)

    exported = OnnxModel(tmp_path, 1, Precision.INT8)

    assert (tmp_path / "kubelore-int8.onnx").is_file()
    assert (exported.embed(texts) * int8.embed(texts)).sum(axis=1).min() >= LEAST_COSINE_IN_ANOTHER_BATCH
