"""A BERT of a few random weights, in the files that a published model has."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

HIDDEN = 8
POSITIONS = 16
_INTERMEDIATE = 12
_SENTENCE = "the quick brown fox jumps over a lazy dog query: passage:"
_WORDS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", *_SENTENCE.split())

CONFIG = {
    "model_type": "bert",
    "vocab_size": len(_WORDS),
    "hidden_size": HIDDEN,
    "intermediate_size": _INTERMEDIATE,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
}
MODULES = [
    {"path": "", "type": "sentence_transformers.models.Transformer"},
    {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


def write_tiny_model(folder: Path) -> Path:
    """Write the model, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG)
    write_json(folder / "modules.json", MODULES)
    write_json(folder / "1_Pooling/config.json", {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False})
    write_json(folder / "tokenizer_config.json", {"unk_token": "[UNK]", "model_max_length": 512})
    _tokenizer().save(str(folder / "tokenizer.json"))
    write_safetensors(folder / "model.safetensors", tiny_tensors())
    return folder


def write_tiny_cross_encoder(folder: Path) -> Path:
    """Write a model that scores pairs of texts, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {**CONFIG, "architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer_config.json", {"unk_token": "[UNK]", "model_max_length": 512})
    _tokenizer().save(str(folder / "tokenizer.json"))
    head = {**_linear("bert.pooler.dense", HIDDEN, HIDDEN), **_linear("classifier", HIDDEN, 1)}
    encoder = {f"bert.{name}": shape for name, shape in _shapes().items()}
    write_safetensors(folder / "model.safetensors", _random({**encoder, **head}))
    return folder


def write_json(path: Path, content: object) -> None:
    """Write a JSON file, and the folder that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def change_json(path: Path, **changes: object) -> None:
    """Set fields of a JSON object in a file."""
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **changes})


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """Write float32 tensors: the length of the header, the header, the values."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, values in tensors.items():
        start, end = end, end + values.nbytes
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [start, end]}
    encoded = json.dumps(header).encode()
    path.write_bytes(
        struct.pack("<Q", len(encoded)) + encoded + b"".join(values.tobytes() for values in tensors.values())
    )


def tiny_tensors() -> dict[str, NDArray[np.float32]]:
    """Return the weights, by the names that BERT gives them."""
    return _random(_shapes())


def _random(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(3)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def _shapes() -> dict[str, tuple[int, ...]]:
    layer = "encoder.layer.0"
    return {
        "embeddings.word_embeddings.weight": (len(_WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        **_norm("embeddings.LayerNorm"),
        **_linear(f"{layer}.attention.self.query", HIDDEN, HIDDEN),
        **_linear(f"{layer}.attention.self.key", HIDDEN, HIDDEN),
        **_linear(f"{layer}.attention.self.value", HIDDEN, HIDDEN),
        **_linear(f"{layer}.attention.output.dense", HIDDEN, HIDDEN),
        **_norm(f"{layer}.attention.output.LayerNorm"),
        **_linear(f"{layer}.intermediate.dense", HIDDEN, _INTERMEDIATE),
        **_linear(f"{layer}.output.dense", _INTERMEDIATE, HIDDEN),
        **_norm(f"{layer}.output.LayerNorm"),
    }


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (HIDDEN,), f"{name}.bias": (HIDDEN,)}


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(_WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    # Published tokenizers come with cutting and padding to a fixed length switched on.
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    return tokenizer
