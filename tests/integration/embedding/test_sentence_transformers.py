"""Our vectors against those of the reference implementation, on the same weights."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer

from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.interface import Vectors
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.settings import Settings
from support.embedding_texts import CHINESE, ENGLISH, two_hundred_texts

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PretrainedConfig

pytestmark = pytest.mark.slow

LEAST_COSINE = 0.9999
MAX_TOKENS = 512


@pytest.fixture(scope="module", autouse=True)
def _offline() -> Iterator[None]:
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    yield
    os.environ.pop("HF_HUB_OFFLINE") if before is None else os.environ.update(HF_HUB_OFFLINE=before)


def _reference(folder: Path, max_tokens: int) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - torch, only when this test runs

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    model.max_seq_length = max_tokens
    return model


def _least_cosine(ours: Vectors, theirs: Any) -> float:
    reference = np.asarray(theirs, dtype=np.float64)
    reference /= np.linalg.norm(reference, axis=1, keepdims=True)
    return float((ours.astype(np.float64) * reference).sum(axis=1).min())


def test_the_built_in_model_gives_the_vectors_of_sentence_transformers() -> None:
    texts = two_hundred_texts()
    embedder = BuiltinEmbedder(load_builtin_model(Settings()), EmbedderConfig())

    reference = _reference(locate_model(None).folder, MAX_TOKENS).encode(texts, batch_size=8)

    assert len(texts) == 200
    assert _least_cosine(embedder.embed_passages(texts), reference) >= LEAST_COSINE
    queries = np.array([embedder.embed_query(text).vector for text in texts[:40]], dtype=np.float32)
    assert _least_cosine(queries, reference[:40]) >= LEAST_COSINE


@dataclass(frozen=True)
class TinyModel:
    """A model of random weights, small enough to be made in the test."""

    name: str
    model_type: str = "bert"
    pooling: str = "mean"
    dense: bool = False
    half_precision: bool = False
    config: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it as sentence-transformers does."""
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - torch, only when this test runs
        from sentence_transformers.sentence_transformer import modules  # noqa: PLC0415 - as above

        encoder = folder / "encoder"
        self._save_encoder(encoder)
        transformer = modules.Transformer(str(encoder))
        pooling = modules.Pooling(48, self.pooling)
        dense = [modules.Dense(48, 20)] if self.dense else []
        SentenceTransformer(modules=[transformer, pooling, *dense], device="cpu").save(str(folder / "model"))

    def _save_encoder(self, folder: Path) -> None:
        import torch  # noqa: PLC0415 - only when this test runs
        from transformers import AutoModel, PreTrainedTokenizerFast  # noqa: PLC0415 - as above

        torch.manual_seed(7)
        model = AutoModel.from_config(self._config())
        (model.half() if self.half_precision else model).save_pretrained(folder)
        PreTrainedTokenizerFast(
            tokenizer_object=_tiny_tokenizer(), bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ).save_pretrained(folder)

    def _config(self) -> "PretrainedConfig":
        from transformers import AutoConfig  # noqa: PLC0415 - torch, only when this test runs

        sizes = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
        spread = {"vocab_size": 500, "max_position_embeddings": 70, "initializer_range": 0.4, "pad_token_id": 1}
        return AutoConfig.for_model(self.model_type, **sizes, **spread, **self.config)


def _tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator([ENGLISH, CHINESE], BpeTrainer(vocab_size=500, special_tokens=special))
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


@pytest.mark.parametrize(
    "tiny",
    [
        TinyModel("BERT"),
        TinyModel("BERT pooled by its first token", pooling="cls"),
        TinyModel("BERT with ReLU", config={"hidden_act": "relu", "layer_norm_eps": 0.5}),
        TinyModel("BERT with a dense layer", dense=True),
        TinyModel("BERT in half precision", half_precision=True),
        TinyModel("RoBERTa", model_type="roberta", config={"type_vocab_size": 1}),
        TinyModel("XLM-RoBERTa", model_type="xlm-roberta", pooling="cls", config={"type_vocab_size": 1}),
    ],
    ids=lambda tiny: tiny.name,
)
def test_every_supported_architecture_gives_the_vectors_of_sentence_transformers(
    tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.save(tmp_path)
    texts = [text for text in two_hundred_texts()[10:60] if text]
    ours = OnnxModel(tmp_path / "model", threads=1)

    reference = _reference(tmp_path / "model", ours.description.max_tokens).encode(texts, batch_size=8)

    assert ours.description.max_tokens == (70 if tiny.model_type == "bert" else 68)
    assert _least_cosine(ours.embed(ours.tokenizer.encode(texts)), reference) >= LEAST_COSINE
    assert np.corrcoef(reference).min() < 0.9
