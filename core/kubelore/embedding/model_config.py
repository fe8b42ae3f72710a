"""The files of a sentence-transformers model folder, as they are written."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from kubelore.errors import ErrorCode, KubeloreError

T = TypeVar("T", bound="ModelFile")


class ModelFile(BaseModel):
    """A JSON file of the model; fields that say nothing about the computation are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TransformerConfig(ModelFile):
    """`config.json`, by Hugging Face transformers; absent fields have its defaults."""

    model_type: str
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    pad_token_id: int | None = None
    position_embedding_type: str | None = "absolute"
    is_decoder: bool = False
    auto_map: dict[str, Any] | None = None
    architectures: tuple[str, ...] | None = None
    id2label: dict[str, str] | None = None


class ModuleEntry(ModelFile):
    """One entry of `modules.json`: a step from token ids to the embedding."""

    path: str = ""
    type: str

    @property
    def kind(self) -> str:
        """The class's name; the Python path before it differs between versions of sentence-transformers."""
        return self.type.rsplit(".", 1)[-1]


class PoolingConfig(ModelFile):
    """`1_Pooling/config.json`, in its old form (booleans) and its new one (`pooling_mode`)."""

    pooling_mode: str | tuple[str, ...] | None = None
    include_prompt: bool = True
    pooling_mode_cls_token: bool = False
    pooling_mode_mean_tokens: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways of pooling whose results are concatenated; mean where the file names none."""
        if isinstance(self.pooling_mode, str):
            return (self.pooling_mode,)
        return self.pooling_mode or self._flagged_modes() or ("mean",)

    def _flagged_modes(self) -> tuple[str, ...]:
        flags = {
            "cls": self.pooling_mode_cls_token,
            "mean": self.pooling_mode_mean_tokens,
            "max": self.pooling_mode_max_tokens,
            "mean_sqrt_len_tokens": self.pooling_mode_mean_sqrt_len_tokens,
            "weightedmean": self.pooling_mode_weightedmean_tokens,
            "lasttoken": self.pooling_mode_lasttoken,
        }
        return tuple(mode for mode, used in flags.items() if used)


class DenseConfig(ModelFile):
    """`2_Dense/config.json`: a linear layer on the pooled vector."""

    in_features: int
    out_features: int
    bias: bool = True
    activation_function: str = "torch.nn.modules.activation.Tanh"
    use_residual: bool = False


class SentenceConfig(ModelFile):
    """`sentence_bert_config.json`."""

    do_lower_case: bool = False


class SpecialToken(ModelFile):
    """A special token that is written with its properties."""

    content: str


class TokenizerConfig(ModelFile):
    """`tokenizer_config.json`."""

    model_max_length: float | None = None
    unk_token: str | SpecialToken | None = None

    @property
    def unknown_token(self) -> str | None:
        """The token that stands for what the vocabulary lacks."""
        return self.unk_token.content if isinstance(self.unk_token, SpecialToken) else self.unk_token


class PromptConfig(ModelFile):
    """`config_sentence_transformers.json`: what the model wants before a question and before a passage."""

    prompts: dict[str, str | None] = {}

    @property
    def query(self) -> str:
        """What goes before a question."""
        return self.prompts.get("query") or ""

    @property
    def passage(self) -> str:
        """What goes before a passage, in the order in which sentence-transformers looks for it."""
        found = (self.prompts.get(name) for name in ("document", "passage", "corpus"))
        return next((prompt for prompt in found if prompt), "")


def read_json(path: Path) -> Any:
    """Read a JSON file of a model, or raise MODEL_NOT_FOUND or MODEL_CORRUPT with its name."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise KubeloreError(ErrorCode.MODEL_NOT_FOUND, f"model file {path}") from error
    except ValueError as error:
        raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"model file {path}", "not JSON") from error


def parse_model_file(model: type[T], content: Any, path: Path) -> T:
    """Take what `read_json` read as `model`, or raise MODEL_CORRUPT with the field that is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise KubeloreError(ErrorCode.MODEL_CORRUPT, f"model file {path}", f"{field}: {first['msg']}") from error


def read_model_file(model: type[T], path: Path) -> T:
    """Read a file that must be there."""
    return parse_model_file(model, read_json(path), path)


def read_optional_model_file(model: type[T], path: Path) -> T:
    """Read a file that may be missing: then every field has its default."""
    return read_model_file(model, path) if path.is_file() else model()
