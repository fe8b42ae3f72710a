"""Opens ONNX Runtime on a model's graph, and fills its inputs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from kubelore.embedding.weights import Tensor, common_folder
from kubelore.errors import ErrorCode, KubeloreError

TOKENS_A_BATCH = 512
"""Texts times longest text of a batch: more makes no core busier, and only takes memory."""

_ERRORS_ONLY = 3

_LOAD_ERRORS = (
    runtime_errors.Fail,
    runtime_errors.InvalidArgument,
    runtime_errors.InvalidGraph,
    runtime_errors.InvalidProtobuf,
    runtime_errors.NoSuchFile,
    runtime_errors.RuntimeException,
)


def open_session(
    prebuilt: Path, tensors: Mapping[str, Tensor], build: Callable[[], bytes]
) -> onnxruntime.InferenceSession:
    """Open the graph of a file, else the one that `build` makes, to run in each caller's own thread.

    Raises KubeloreError MODEL_CORRUPT.
    """
    graph = prebuilt.read_bytes() if prebuilt.is_file() else build()
    options = _options(common_folder(tensors))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise KubeloreError(
            ErrorCode.MODEL_CORRUPT, f"model {prebuilt.parent}", "weights and graph disagree"
        ) from error


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return rows of different lengths as one array, with zeros at their ends."""
    array = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for index, row in enumerate(rows):
        array[index, : len(row)] = row
    return array


def mask_of(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return 1 where `padded` puts what is in the rows, and 0 where it fills up."""
    return padded([[1] * len(row) for row in rows])


def _options(weights: Path) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights))
    return options
