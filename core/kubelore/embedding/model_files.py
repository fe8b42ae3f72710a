"""Reads a model folder into what a graph can be built from, or refuses it by name."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from kubelore.embedding.model_config import (
    DenseConfig,
    ModuleEntry,
    PoolingConfig,
    PromptConfig,
    SentenceConfig,
    TokenizerConfig,
    TransformerConfig,
    parse_model_file,
    read_json,
    read_model_file,
    read_optional_model_file,
)
from kubelore.errors import ErrorCode, KubeloreError

MODULES_FILE = "modules.json"
CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"
SENTENCE_CONFIG_FILE = "sentence_bert_config.json"
PROMPT_CONFIG_FILE = "config_sentence_transformers.json"


class Activation(StrEnum):
    """A function between two linear layers, or after one."""

    GELU = "gelu"
    RELU = "relu"
    TANH = "tanh"
    IDENTITY = "identity"


class Pooling(StrEnum):
    """How the vectors of a text's tokens become one."""

    MEAN = "mean"
    CLS = "cls"


@dataclass(frozen=True, slots=True)
class Encoder:
    """The sizes of a BERT-like encoder.

    `first_position` is the row of the position table that belongs to a text's first token.
    """

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    positions: int
    token_types: int
    first_position: int
    epsilon: float
    activation: Activation


@dataclass(frozen=True, slots=True)
class DenseLayer:
    """A linear layer on the pooled vector, with its weights in `folder`, relative to the model's."""

    folder: str
    inputs: int
    outputs: int
    bias: bool
    activation: Activation


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """A model that turns a text into one vector.

    `max_tokens` counts a text's tokens with the special ones. It is the length of the position table, capped by the
    tokenizer's limit: what the model can read, not the shorter `max_seq_length` that it was trained or shown with.
    """

    folder: Path
    encoder: Encoder
    pooling: Pooling
    dense: tuple[DenseLayer, ...]
    max_tokens: int
    lower_case: bool
    unknown_token: str | None
    query_prompt: str
    passage_prompt: str

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self.dense[-1].outputs if self.dense else self.encoder.hidden


_POSITIONS_AFTER_PADDING = {"bert": False, "roberta": True, "xlm-roberta": True}
"""The architectures that can be built, and whether their positions start after the padding token's id."""

_MODULE_ORDER = ("Transformer", "Pooling", "Dense", "Normalize")

_ENCODER_ACTIVATIONS = {"gelu": Activation.GELU, "relu": Activation.RELU}
_DENSE_ACTIVATIONS = {"Tanh": Activation.TANH, "Identity": Activation.IDENTITY}


def read_model(folder: Path) -> SentenceModel:
    """Read a model folder.

    Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT, or MODEL_UNSUPPORTED with the name of what can't be built.
    """
    modules = _read_modules(folder)
    config = read_model_file(TransformerConfig, folder / CONFIG_FILE)
    encoder = encoder_of(config, folder)
    tokenizer = read_optional_model_file(TokenizerConfig, folder / TOKENIZER_CONFIG_FILE)
    prompts = read_optional_model_file(PromptConfig, folder / PROMPT_CONFIG_FILE)
    return SentenceModel(
        folder=folder,
        encoder=encoder,
        pooling=_pooling(modules, folder),
        dense=tuple(_dense(module, folder) for module in modules if module.kind == "Dense"),
        max_tokens=max_tokens_of(encoder, tokenizer),
        lower_case=read_optional_model_file(SentenceConfig, folder / SENTENCE_CONFIG_FILE).do_lower_case,
        unknown_token=tokenizer.unknown_token,
        query_prompt=prompts.query,
        passage_prompt=prompts.passage,
    )


def refuse(folder: Path, what: str) -> NoReturn:
    """Raise MODEL_UNSUPPORTED with the name of what can't be built."""
    raise KubeloreError(ErrorCode.MODEL_UNSUPPORTED, f"model {folder}", what)


def _read_modules(folder: Path) -> tuple[ModuleEntry, ...]:
    """Return the steps; a folder without `modules.json` is a bare encoder, which is pooled by mean."""
    path = folder / MODULES_FILE
    if not path.is_file():
        return (ModuleEntry(type="Transformer"),)
    modules = tuple(parse_model_file(ModuleEntry, entry, path) for entry in read_json(path))
    for module in modules:
        if module.kind not in _MODULE_ORDER:
            refuse(folder, f"module {module.kind}")
    kinds = [module.kind for module in modules]
    if kinds[:1] != ["Transformer"] or kinds != sorted(kinds, key=_MODULE_ORDER.index):
        refuse(folder, f"modules in the order {', '.join(kinds)}")
    if modules[0].path:
        refuse(folder, f"an encoder in the subfolder {modules[0].path}")
    return modules


def encoder_of(config: TransformerConfig, folder: Path) -> Encoder:
    """Return the sizes that a configuration names; raises MODEL_UNSUPPORTED."""
    _check_architecture(config, folder)
    after_padding = _POSITIONS_AFTER_PADDING[config.model_type]
    return Encoder(
        vocabulary=config.vocab_size,
        hidden=config.hidden_size,
        intermediate=config.intermediate_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        positions=config.max_position_embeddings,
        token_types=config.type_vocab_size,
        first_position=_padding_id(config) + 1 if after_padding else 0,
        epsilon=config.layer_norm_eps,
        activation=_ENCODER_ACTIVATIONS[config.hidden_act],
    )


def _check_architecture(config: TransformerConfig, folder: Path) -> None:
    if config.model_type not in _POSITIONS_AFTER_PADDING:
        refuse(folder, f"model_type {config.model_type}")
    if config.auto_map:
        refuse(folder, "code of its own (auto_map)")
    if config.position_embedding_type not in {"absolute", None}:
        refuse(folder, f"position_embedding_type {config.position_embedding_type}")
    if config.hidden_act not in _ENCODER_ACTIVATIONS:
        refuse(folder, f"hidden_act {config.hidden_act}")
    if config.is_decoder:
        refuse(folder, "a decoder")


def _padding_id(config: TransformerConfig) -> int:
    """Return the padding token's id; 1 is the default of RoBERTa and XLM-RoBERTa in transformers."""
    return 1 if config.pad_token_id is None else config.pad_token_id


def _pooling(modules: tuple[ModuleEntry, ...], folder: Path) -> Pooling:
    path = next((module.path for module in modules if module.kind == "Pooling"), None)
    if path is None:
        return Pooling.MEAN
    config = read_model_file(PoolingConfig, folder / path / CONFIG_FILE)
    if len(config.modes) != 1 or config.modes[0] not in set(Pooling):
        refuse(folder, f"pooling {' and '.join(config.modes)}")
    if not config.include_prompt:
        refuse(folder, "pooling without the prompt (include_prompt)")
    return Pooling(config.modes[0])


def _dense(module: ModuleEntry, folder: Path) -> DenseLayer:
    config = read_model_file(DenseConfig, folder / module.path / CONFIG_FILE)
    activation = config.activation_function.rsplit(".", 1)[-1]
    if activation not in _DENSE_ACTIVATIONS:
        refuse(folder, f"activation {activation} of module {module.path}")
    if config.use_residual:
        refuse(folder, f"the residual of module {module.path}")
    return DenseLayer(module.path, config.in_features, config.out_features, config.bias, _DENSE_ACTIVATIONS[activation])


def max_tokens_of(encoder: Encoder, tokenizer: TokenizerConfig) -> int:
    """Return how many tokens a model reads, with the special ones."""
    positions = encoder.positions - encoder.first_position
    return int(min(positions, tokenizer.model_max_length or positions))
