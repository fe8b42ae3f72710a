"""Runs a sentence encoder on ONNX Runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from kubelore.embedding.batching import token_budget_batches
from kubelore.embedding.graph_names import ATTENTION_MASK, EMBEDDING, GRAPH_FILE, INPUT_IDS
from kubelore.embedding.interface import Vectors
from kubelore.embedding.model_files import SentenceModel, read_model
from kubelore.embedding.tokenizer import ModelTokenizer, TokenIds
from kubelore.embedding.weights import Tensor, common_folder, read_tensors
from kubelore.errors import ErrorCode, KubeloreError

_TOKENS_A_BATCH = 512
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


class OnnxModel:
    """A loaded model with its tokenizer; safe to use from several threads."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the model in `folder` to run on `threads` threads.

        Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
        """
        self.description = read_model(folder)
        self.tokenizer = ModelTokenizer(self.description)
        self._session = _open_session(self.description, threads)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self.description.dimension

    def embed(self, texts: Sequence[TokenIds]) -> Vectors:
        """Return the vectors of tokenised texts, in their order."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch in token_budget_batches([len(text) for text in texts], _TOKENS_A_BATCH):
            vectors[batch] = self._run([texts[index] for index in batch])
        return vectors

    def _run(self, texts: Sequence[TokenIds]) -> Vectors:
        longest = max(len(text) for text in texts)
        ids = np.zeros((len(texts), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        (vectors,) = self._session.run([EMBEDDING], {INPUT_IDS: ids, ATTENTION_MASK: mask})
        return np.asarray(vectors, dtype=np.float32)


def _open_session(model: SentenceModel, threads: int) -> onnxruntime.InferenceSession:
    tensors = read_tensors(model.folder, [layer.folder for layer in model.dense])
    options = _options(common_folder(tensors), threads)
    try:
        return onnxruntime.InferenceSession(_graph(model, tensors), options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"model {model.folder}", "weights and graph disagree") from error


def _options(weights: Path, threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(weights))
    # Threads that wait for work would take the cores from the parsers, the gateway and other pods.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _graph(model: SentenceModel, tensors: Mapping[str, Tensor]) -> bytes:
    """Return the graph that was built before, else a new one, which takes the `onnx` package."""
    prebuilt = model.folder / GRAPH_FILE
    if prebuilt.is_file():
        return prebuilt.read_bytes()
    from kubelore.embedding.onnx_graph import build_graph  # noqa: PLC0415 - not every installation has `onnx`

    return build_graph(model, tensors)
