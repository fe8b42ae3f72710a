"""The embedder that runs in this process."""

from collections.abc import Sequence

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.cpu import usable_cores
from kubelore.embedding.interface import QueryEmbedding, Vectors
from kubelore.embedding.model_location import locate_model
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.precision import Precision
from kubelore.settings import Settings


def load_builtin_model(settings: Settings, precision: Precision = Precision.FP32) -> OnnxModel:
    """Load the model of `settings.model_dir`, or the installed all-MiniLM-L6-v2, after checking its files.

    Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    location = locate_model(settings.model_dir)
    location.verify()
    return OnnxModel(location.folder, settings.embedding_threads or usable_cores(), precision)


class BuiltinEmbedder:
    """Embeds with a model on ONNX Runtime; safe to use from several threads.

    The prefixes are the configuration's, else the model's own prompts. A text that is longer than the model reads is
    cut: whoever may not lose its end asks a TokenCounter first.
    """

    def __init__(self, model: OnnxModel, config: EmbedderConfig) -> None:
        """Embed with `model`; raises EMBEDDING_DIMENSION if the configuration expects another length."""
        self._model = model
        self._name = config.model
        self._query_prefix = config.query_prefix or model.description.query_prompt
        self._passage_prefix = config.passage_prefix or model.description.passage_prompt
        if config.dimension not in {None, model.dimension}:
            raise KubeloreError(
                ErrorCode.EMBEDDING_DIMENSION, f"model {config.model}", f"{model.dimension}, not {config.dimension}"
            )

    @property
    def model(self) -> str:
        """The model's name."""
        return self._name

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._model.dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages in the given order."""
        return self._model.embed(self._model.tokenizer.encode([self._passage_prefix + text for text in texts]))

    def embed_query(self, text: str) -> QueryEmbedding:
        """Embed one question; its known share leaves the prefix out."""
        (vector,) = self._model.embed(self._model.tokenizer.encode([self._query_prefix + text]))
        return QueryEmbedding(tuple(vector.tolist()), self._model.tokenizer.known_share(text))

    def close(self) -> None:
        """Do nothing: the model goes with the last reference to it."""
