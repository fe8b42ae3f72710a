from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kubelore.embedding.graph_names import GRAPH_FILE
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.errors import ErrorCode, KubeloreError
from support.tiny_model import HIDDEN, tiny_tensors, write_safetensors, write_tiny_model

TEXTS = [
    "the quick brown fox",
    "",
    "a lazy dog jumps over the quick brown fox",
    "dog",
    "unknown words only",
    "fox " * 90,
]


def test_a_text_has_the_same_vector_alone_and_in_a_batch(tmp_path: Path) -> None:
    model = OnnxModel(write_tiny_model(tmp_path), threads=1)
    tokens = model.tokenizer.encode(TEXTS)

    together = model.embed(tokens)

    alone = np.vstack([model.embed([text]) for text in tokens])
    assert np.allclose(together, alone, atol=1e-6)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_results_keep_the_order_of_the_texts(tmp_path: Path) -> None:
    model = OnnxModel(write_tiny_model(tmp_path), threads=1)
    tokens = model.tokenizer.encode(TEXTS * 60)

    vectors = model.embed(tokens)

    assert np.allclose(vectors, np.tile(model.embed(tokens[: len(TEXTS)]), (60, 1)), atol=1e-6)
    assert not np.allclose(vectors[0], vectors[2], atol=1e-2)


def test_no_text_gives_no_vector(tmp_path: Path) -> None:
    assert OnnxModel(write_tiny_model(tmp_path), threads=1).embed([]).shape == (0, HIDDEN)


def test_threads_may_share_a_model(tmp_path: Path) -> None:
    model = OnnxModel(write_tiny_model(tmp_path), threads=1)
    expected = model.embed(model.tokenizer.encode(TEXTS))

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: model.embed(model.tokenizer.encode(TEXTS)), range(40)))

    assert all(np.allclose(result, expected, atol=1e-6) for result in results)


def test_weights_behind_symbolic_links_are_loaded(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / "snapshots" / "main")
    blob = tmp_path / "blobs" / "4f2a"
    blob.parent.mkdir()
    (folder / "model.safetensors").rename(blob)
    (folder / "model.safetensors").symlink_to(blob)

    assert OnnxModel(folder, threads=1).dimension == HIDDEN


def test_a_checkpoints_prefix_makes_no_difference(tmp_path: Path) -> None:
    plain = OnnxModel(write_tiny_model(tmp_path / "plain"), threads=1)
    folder = write_tiny_model(tmp_path / "prefixed")
    prefixed_tensors = {f"bert.{name}": values for name, values in tiny_tensors().items()}
    write_safetensors(folder / "model.safetensors", prefixed_tensors)
    prefixed = OnnxModel(folder, threads=1)

    tokens = plain.tokenizer.encode(TEXTS)

    assert np.array_equal(plain.embed(tokens), prefixed.embed(tokens))


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    tensors = tiny_tensors()
    del tensors["encoder.layer.0.attention.self.key.bias"]
    folder = write_tiny_model(tmp_path)
    write_safetensors(folder / "model.safetensors", tensors)

    with pytest.raises(KubeloreError, match=r"attention\.self\.key\.bias") as refusal:
        OnnxModel(folder, threads=1)

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


def test_a_tensor_of_another_shape_is_named(tmp_path: Path) -> None:
    tensors = tiny_tensors() | {"embeddings.LayerNorm.bias": np.zeros(HIDDEN + 1, dtype=np.float32)}
    folder = write_tiny_model(tmp_path)
    write_safetensors(folder / "model.safetensors", tensors)

    with pytest.raises(KubeloreError, match=r"embeddings\.LayerNorm\.bias has the shape \(9,\)") as refusal:
        OnnxModel(folder, threads=1)

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


def test_a_graph_that_is_none_is_corrupt(tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path)
    (folder / GRAPH_FILE).write_bytes(b"no graph")

    with pytest.raises(KubeloreError) as refusal:
        OnnxModel(folder, threads=1)

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT
