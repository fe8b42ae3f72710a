import struct
from pathlib import Path

import numpy as np
import pytest

from kubelore.embedding.weights import Tensor, common_folder, read_tensors, read_values
from kubelore.errors import ErrorCode, KubeloreError
from support.tiny_model import write_safetensors

VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_a_tensor_lies_where_its_header_says(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "model.safetensors", {"first": VALUES, "second": VALUES + 10})

    tensor = read_tensors(tmp_path)["second"]

    data = tensor.file.read_bytes()[tensor.offset : tensor.offset + tensor.length]
    assert (tensor.dtype, tensor.shape) == ("F32", (2, 3))
    assert np.array_equal(np.frombuffer(data, np.float32).reshape(2, 3), VALUES + 10)


def test_a_model_may_have_several_files_and_subfolders(tmp_path: Path) -> None:
    (tmp_path / "2_Dense").mkdir()
    write_safetensors(tmp_path / "model-00001-of-00002.safetensors", {"first": VALUES})
    write_safetensors(tmp_path / "model-00002-of-00002.safetensors", {"second": VALUES})
    write_safetensors(tmp_path / "2_Dense/model.safetensors", {"linear.weight": VALUES})

    assert set(read_tensors(tmp_path, ["2_Dense"])) == {"first", "second", "2_Dense/linear.weight"}


def test_symbolic_links_are_followed_to_the_real_folder(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "main"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    write_safetensors(blobs / "4f2a", {"first": VALUES})
    (snapshot / "model.safetensors").symlink_to("../../blobs/4f2a")

    tensors = read_tensors(snapshot)

    assert tensors["first"].file == blobs / "4f2a"
    assert common_folder(tensors) == blobs


@pytest.mark.parametrize(
    "content",
    [b"", b"\x05", b"no safetensors at all", struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 9) + b'{"a": {}}'],
    ids=["empty", "cut in the length", "text", "a list", "an empty entry"],
)
def test_a_file_without_a_header_is_corrupt(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)

    with pytest.raises(KubeloreError, match=r"model\.safetensors") as refusal:
        read_tensors(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_another_length_is_corrupt(change: int, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_safetensors(file, {"first": VALUES})
    content = file.read_bytes()
    file.write_bytes(content[:-1] if change < 0 else content + b"\0")

    with pytest.raises(KubeloreError, match="should be") as refusal:
        read_tensors(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


def test_weights_in_a_pickle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").touch()

    with pytest.raises(KubeloreError, match="safetensors") as refusal:
        read_tensors(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_UNSUPPORTED


def test_a_folder_without_weights_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError) as refusal:
        read_tensors(tmp_path)

    assert refusal.value.code is ErrorCode.MODEL_NOT_FOUND


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [("F32", VALUES), ("F16", VALUES.astype(np.float16)), ("BF16", (VALUES.view(np.uint32) >> 16).astype(np.uint16))],
)
def test_floats_of_every_size_are_read(dtype: str, stored: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"before" + stored.tobytes() + b"after")

    values = read_values(Tensor(file, dtype, (2, 3), offset=6, length=stored.nbytes))

    assert values.dtype == np.float32
    assert np.array_equal(values, VALUES)


def test_what_is_no_float_has_no_values(tmp_path: Path) -> None:
    with pytest.raises(KubeloreError, match="I64") as refusal:
        read_values(Tensor(tmp_path / "weights", "I64", (1,), offset=0, length=8))

    assert refusal.value.code is ErrorCode.MODEL_UNSUPPORTED
