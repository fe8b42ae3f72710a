"""Runs a sentence encoder that no graph is built of, with sentence-transformers; it takes that extra, and torch."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kubelore.embedding.batching import token_budget_batches
from kubelore.embedding.interface import Vectors
from kubelore.embedding.model_config import SentenceConfig, TokenizerConfig, read_optional_model_file
from kubelore.embedding.model_files import SENTENCE_CONFIG_FILE, TOKENIZER_CONFIG_FILE, refuse
from kubelore.embedding.onnx_session import mask_of, padded
from kubelore.embedding.tokenizer import ModelTokenizer, TokenIds, TokenizerFiles
from kubelore.errors import ErrorCode, KubeloreError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_TOKENS_A_BATCH = 4096


def is_installed() -> bool:
    """Say whether the extra is there, without importing it."""
    return find_spec("sentence_transformers") is not None


class SentenceTransformersModel:
    """A loaded model with its tokenizer; one call at a time.

    It runs on the accelerator that torch finds, or on so many threads. Code that a model brings along is not run, and
    weights are read from safetensors alone, which hold none.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the model in `folder`; raises KubeloreError MODEL_UNSUPPORTED or MODEL_NOT_FOUND (its tokenizer)."""
        import torch  # noqa: PLC0415 - only what needs it pays for it

        torch.set_num_threads(threads)
        self._torch = torch
        self._model = _load(folder)
        dimension, longest = self._model.get_sentence_embedding_dimension(), self._model.max_seq_length
        if dimension is None or longest is None:
            refuse(folder, "it doesn't say how long its vectors are, or how much it reads")
        self.dimension = dimension
        self.tokenizer = ModelTokenizer(_tokenizer_files(folder, longest))

    def embed(self, texts: Sequence[TokenIds]) -> Vectors:
        """Return the vectors of tokenised texts, in their order."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch in token_budget_batches([len(text) for text in texts], _TOKENS_A_BATCH):
            vectors[batch] = self._run([texts[index] for index in batch])
        return vectors

    def _run(self, texts: Sequence[TokenIds]) -> Vectors:
        torch, device = self._torch, self._model.device
        features = {
            "input_ids": torch.from_numpy(padded(texts)).to(device),
            "attention_mask": torch.from_numpy(mask_of(texts)).to(device),
        }
        with torch.inference_mode():
            vectors = self._model(features)["sentence_embedding"]
            unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.asarray(unit.cpu().numpy(), dtype=np.float32)


def _load(folder: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - as torch

    try:
        return SentenceTransformer(
            str(folder), trust_remote_code=False, local_files_only=True, model_kwargs={"use_safetensors": True}
        ).eval()
    except (OSError, ValueError, KeyError, ImportError) as error:
        cause = str(error).partition("\n")[0]
        raise KubeloreError(ErrorCode.MODEL_UNSUPPORTED, f"model {folder}", cause) from error


def _tokenizer_files(folder: Path, max_tokens: int) -> TokenizerFiles:
    tokenizer = read_optional_model_file(TokenizerConfig, folder / TOKENIZER_CONFIG_FILE)
    sentence = read_optional_model_file(SentenceConfig, folder / SENTENCE_CONFIG_FILE)
    return TokenizerFiles(folder, max_tokens, sentence.do_lower_case, tokenizer.unknown_token)
