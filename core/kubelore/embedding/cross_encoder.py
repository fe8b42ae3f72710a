"""Runs a cross-encoder on ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from kubelore.embedding.batch_threads import Batch, BatchThreads
from kubelore.embedding.batching import token_budget_batches
from kubelore.embedding.cross_encoder_files import CrossEncoderModel, read_cross_encoder
from kubelore.embedding.graph_names import ATTENTION_MASK, GRAPH_FILES, INPUT_IDS, SCORE, SEGMENT_IDS
from kubelore.embedding.onnx_session import TOKENS_A_BATCH, mask_of, open_session, padded
from kubelore.embedding.pair_tokenizer import PairIds, PairTokenizer
from kubelore.embedding.weights import read_tensors
from kubelore.resources.precision import Precision

Scores = NDArray[np.float32]
"""Shape (pairs), between 0 and 1."""


class CrossEncoder:
    """A loaded model with its tokenizer; safe to use from several threads."""

    def __init__(self, folder: Path, threads: int, precision: Precision = Precision.FP32) -> None:
        """Load the model in `folder` to run on `threads` threads.

        Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
        """
        self.description = read_cross_encoder(folder)
        self.tokenizer = PairTokenizer(self.description)
        self._session = _open(self.description, precision)
        self._threads = BatchThreads(threads)

    def score(self, pairs: Sequence[PairIds]) -> Scores:
        """Return how well each pair's passage answers its question, in the order of the pairs."""
        scores = np.empty(len(pairs), dtype=np.float32)

        def compute(batch: Batch) -> None:
            scores[batch] = self._run([pairs[index] for index in batch])

        self._threads.run(compute, token_budget_batches([len(pair.ids) for pair in pairs], TOKENS_A_BATCH))
        return scores

    def _run(self, pairs: Sequence[PairIds]) -> Scores:
        ids = [pair.ids for pair in pairs]
        inputs = {INPUT_IDS: padded(ids), ATTENTION_MASK: mask_of(ids)}
        if self.description.is_bert:
            inputs[SEGMENT_IDS] = padded([pair.types for pair in pairs])
        (scores,) = self._session.run([SCORE], inputs)
        return np.asarray(scores, dtype=np.float32)


def _open(model: CrossEncoderModel, precision: Precision) -> onnxruntime.InferenceSession:
    tensors = read_tensors(model.folder)

    def build() -> bytes:
        from kubelore.embedding.onnx_cross_encoder_graph import (  # noqa: PLC0415 - not every installation has `onnx`
            build_cross_encoder_graph,
        )

        return build_cross_encoder_graph(model, tensors, precision)

    return open_session(model.folder / GRAPH_FILES[precision], tensors, build)
