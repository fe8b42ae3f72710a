"""Makes the embedder and the token counter that a configuration asks for, and imports no other backend."""

from pydantic import SecretStr

from kubelore.embedding.config import BUILTIN_MODEL, EmbedderConfig
from kubelore.embedding.interface import Embedder, TokenCounter
from kubelore.embedding.model_files import TOKENIZER_FILE, read_model
from kubelore.embedding.model_location import locate_model
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings


def make_embedder(config: EmbedderConfig, settings: Settings, api_key: SecretStr) -> Embedder:
    """Return the embedder of a configuration; `api_key` is the endpoint's, empty where it asks for none.

    Raises KubeloreError RESOURCE_INVALID (an endpoint without an address), or for the model in this process
    MODEL_NOT_FOUND, MODEL_CORRUPT, MODEL_UNSUPPORTED or EMBEDDING_DIMENSION.
    """
    if config.backend == "builtin":
        return _builtin(config, settings)
    if config.base_url is None:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, f"embedding model {config.model}", "baseUrl is missing")
    from kubelore.embedding.openai_shaped import OpenAIShapedEmbedder  # noqa: PLC0415 - the SDK takes a second

    return OpenAIShapedEmbedder(config, config.base_url, api_key)


def make_token_counter(config: EmbedderConfig, settings: Settings) -> TokenCounter:
    """Return what counts tokens for a configuration's passages.

    The model in this process counts with its own tokenizer, and so does all-MiniLM-L6-v2 behind an endpoint. For other
    models behind an endpoint it is an estimate that errs on the side of too many.

    Raises KubeloreError MODEL_NOT_FOUND, MODEL_CORRUPT or MODEL_UNSUPPORTED.
    """
    if config.backend == "builtin" or config.model == BUILTIN_MODEL:
        return _exact_counter(config, settings)
    from kubelore.embedding.token_estimate import EstimatedTokenCounter  # noqa: PLC0415 - as the other backends

    return EstimatedTokenCounter()


def _builtin(config: EmbedderConfig, settings: Settings) -> Embedder:
    from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model  # noqa: PLC0415 - takes half a second

    return BuiltinEmbedder(load_builtin_model(settings, config.precision), config)


def _exact_counter(config: EmbedderConfig, settings: Settings) -> TokenCounter:
    from kubelore.embedding.tokenizer import ModelTokenizer  # noqa: PLC0415 - an image may come without it

    location = locate_model(settings.model_dir)
    location.verify(TOKENIZER_FILE)
    model = read_model(location.folder)
    return ModelTokenizer(model, config.passage_prefix or model.passage_prompt)
