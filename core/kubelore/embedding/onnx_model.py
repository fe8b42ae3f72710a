"""Runs a sentence encoder on ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from kubelore.embedding.batch_threads import Batch, BatchThreads
from kubelore.embedding.batching import token_budget_batches
from kubelore.embedding.graph_names import ATTENTION_MASK, EMBEDDING, GRAPH_FILES, INPUT_IDS
from kubelore.embedding.interface import Vectors
from kubelore.embedding.model_files import SentenceModel, read_model
from kubelore.embedding.onnx_session import TOKENS_A_BATCH, mask_of, open_session, padded
from kubelore.embedding.tokenizer import ModelTokenizer, TokenIds
from kubelore.embedding.weights import read_tensors
from kubelore.resources.precision import Precision


class OnnxModel:
    """A loaded model with its tokenizer; safe to use from several threads."""

    def __init__(self, folder: Path, threads: int, precision: Precision = Precision.FP32) -> None:
        """Load the model in `folder` to run on `threads` threads.

        Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
        """
        self.description = read_model(folder)
        self.tokenizer = ModelTokenizer(self.description)
        self._session = _open(self.description, precision)
        self._threads = BatchThreads(threads)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self.description.dimension

    def embed(self, texts: Sequence[TokenIds]) -> Vectors:
        """Return the vectors of tokenised texts, in their order."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)

        def compute(batch: Batch) -> None:
            vectors[batch] = self._run([texts[index] for index in batch])

        self._threads.run(compute, token_budget_batches([len(text) for text in texts], TOKENS_A_BATCH))
        return vectors

    def _run(self, texts: Sequence[TokenIds]) -> Vectors:
        (vectors,) = self._session.run([EMBEDDING], {INPUT_IDS: padded(texts), ATTENTION_MASK: mask_of(texts)})
        return np.asarray(vectors, dtype=np.float32)


def _open(model: SentenceModel, precision: Precision) -> onnxruntime.InferenceSession:
    tensors = read_tensors(model.folder, [layer.folder for layer in model.dense])

    def build() -> bytes:
        from kubelore.embedding.onnx_graph import build_graph  # noqa: PLC0415 - not every installation has `onnx`

        return build_graph(model, tensors, precision)

    return open_session(model.folder / GRAPH_FILES[precision], tensors, build)
