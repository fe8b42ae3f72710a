"""Finds a model's tensors in its safetensors files, without reading them."""

import json
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kubelore.embedding.model_config import ModelFile
from kubelore.errors import ErrorCode, KubeloreError

_FLOATS = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""How numpy reads each type; of BF16, which it doesn't know, the bits."""

_HEADER_SIZE_BYTES = 8
_LARGEST_HEADER_BYTES = 100_000_000
"""The limit that the safetensors format sets itself."""


class _HeaderEntry(ModelFile):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies: `length` bytes from `offset` in `file`, a real path."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


def read_tensors(folder: Path, subfolders: Sequence[str] = ()) -> Mapping[str, Tensor]:
    """Return the tensors of a folder by name, and those of its subfolders by `<subfolder>/<name>`.

    Raises MODEL_NOT_FOUND, MODEL_UNSUPPORTED (weights in another format) or MODEL_CORRUPT.
    """
    tensors = _read_folder(folder)
    for subfolder in subfolders:
        tensors |= {f"{subfolder}/{name}": tensor for name, tensor in _read_folder(folder / subfolder).items()}
    return tensors


def read_values(tensor: Tensor) -> NDArray[np.float32]:
    """Read a tensor of floats from its file; raises KubeloreError MODEL_UNSUPPORTED if it is none."""
    if tensor.dtype not in _FLOATS:
        raise KubeloreError(
            ErrorCode.MODEL_UNSUPPORTED, f"weights in {tensor.file}", f"a tensor of type {tensor.dtype}"
        )
    with tensor.file.open("rb") as stream:
        stream.seek(tensor.offset)
        stored = np.frombuffer(stream.read(tensor.length), dtype=_FLOATS[tensor.dtype])
    is_half_of_fp32 = tensor.dtype == "BF16"
    values = (stored.astype("<u4") << 16).view("<f4") if is_half_of_fp32 else stored
    return values.astype(np.float32).reshape(tensor.shape)


def common_folder(tensors: Mapping[str, Tensor]) -> Path:
    """Return the deepest real folder that all the tensors' files lie under."""
    return Path(os.path.commonpath([tensor.file.parent for tensor in tensors.values()]))


def _read_folder(folder: Path) -> dict[str, Tensor]:
    files = sorted(folder.glob("*.safetensors"))
    if not files and (folder / "pytorch_model.bin").exists():
        raise KubeloreError(ErrorCode.MODEL_UNSUPPORTED, f"model {folder}", "its weights are not in safetensors files")
    if not files:
        raise KubeloreError(ErrorCode.MODEL_NOT_FOUND, f"model {folder}", "no *.safetensors file")
    return {name: tensor for file in files for name, tensor in _read_header(file.resolve()).items()}


def _read_header(file: Path) -> dict[str, Tensor]:
    try:
        with file.open("rb") as stream:
            (size,) = struct.unpack("<Q", stream.read(_HEADER_SIZE_BYTES))
            header = json.loads(stream.read(min(size, _LARGEST_HEADER_BYTES)))
        entries = {name: _HeaderEntry.model_validate(value) for name, value in header.items() if name != "__metadata__"}
    except (struct.error, ValueError, AttributeError) as error:
        raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"model file {file}", "no safetensors header") from error
    start = _HEADER_SIZE_BYTES + size
    _check_size(file, start, entries)
    return {name: _tensor(file, start, entry) for name, entry in entries.items()}


def _check_size(file: Path, start: int, entries: Mapping[str, _HeaderEntry]) -> None:
    expected = start + max((entry.data_offsets[1] for entry in entries.values()), default=0)
    found = file.stat().st_size
    if found != expected:
        raise KubeloreError(
            ErrorCode.MODEL_CORRUPT, f"model file {file}", f"{found} bytes long, and should be {expected}"
        )


def _tensor(file: Path, start: int, entry: _HeaderEntry) -> Tensor:
    first, end = entry.data_offsets
    return Tensor(file, entry.dtype, entry.shape, start + first, end - first)
