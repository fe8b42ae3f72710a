"""Reads the folder of a cross-encoder: a BERT-like encoder whose head gives a pair of texts one score."""

from dataclasses import dataclass
from pathlib import Path

from kubelore.embedding.model_config import (
    TokenizerConfig,
    TransformerConfig,
    read_model_file,
    read_optional_model_file,
)
from kubelore.embedding.model_files import (
    CONFIG_FILE,
    TOKENIZER_CONFIG_FILE,
    Encoder,
    encoder_of,
    max_tokens_of,
    refuse,
)

_HEAD = "ForSequenceClassification"
_BERT = "bert"
_LABELS_BY_DEFAULT = 2
"""What Hugging Face transformers assumes where the file names none."""


@dataclass(frozen=True, slots=True)
class CrossEncoderModel:
    """A model that reads two texts at once; `max_tokens` counts both of them and the special ones.

    `is_bert` tells its two kinds apart: BERT marks the second text's tokens and pools before its head, RoBERTa and
    XLM-RoBERTa do neither.
    """

    folder: Path
    encoder: Encoder
    is_bert: bool
    max_tokens: int


def is_cross_encoder(folder: Path) -> bool:
    """Say whether the folder holds one; raises MODEL_NOT_FOUND or MODEL_CORRUPT."""
    architectures = read_model_file(TransformerConfig, folder / CONFIG_FILE).architectures or ()
    return any(name.endswith(_HEAD) for name in architectures)


def read_cross_encoder(folder: Path) -> CrossEncoderModel:
    """Read a model folder; raises MODEL_NOT_FOUND, MODEL_CORRUPT, or MODEL_UNSUPPORTED with what can't be built."""
    config = read_model_file(TransformerConfig, folder / CONFIG_FILE)
    encoder = encoder_of(config, folder)
    labels = _LABELS_BY_DEFAULT if config.id2label is None else len(config.id2label)
    if labels != 1:
        refuse(folder, f"a head of {labels} labels, where a reranker has one")
    tokenizer = read_optional_model_file(TokenizerConfig, folder / TOKENIZER_CONFIG_FILE)
    return CrossEncoderModel(
        folder=folder,
        encoder=encoder,
        is_bert=config.model_type == _BERT,
        max_tokens=max_tokens_of(encoder, tokenizer),
    )
