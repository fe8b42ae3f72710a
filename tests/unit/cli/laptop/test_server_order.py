from typing import Any

import pytest
from pydantic import SecretStr

from kubelore.resources.base import ResourceKey
from kubelore.resources.keyed_data import KeyedData
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.engines.interface import ServerOrder
from kubelore_cli.laptop.engines.state import ServerState
from kubelore_cli.laptop.server_order import make_order
from support.builders import llm_server

NO_KEY = SecretStr("")
HUB = {"repo": "Qwen/Qwen3-4B-GGUF", "tokenSecretRef": {"name": "hub", "key": "token"}}
S3 = {"bucket": "models", "key": "qwen.gguf", "secretRef": {"name": "store"}}


def llama(**spec: Any) -> Any:
    defaults = {"engine": "llamacpp", "serves": ["chat"], "model": model({"http": {"url": "https://example.com/m"}})}
    return llm_server("chat", **{**defaults, **spec})


def model(source: dict[str, Any]) -> dict[str, Any]:
    return {"name": "m", "source": source}


def secrets(name: str, **values: str) -> Manifests:
    key = ResourceKey("Secret", "team-a", name)
    return Manifests({}, {key: KeyedData(key, {name: text.encode() for name, text in values.items()})}, {}, ())


def order(server: Any, manifests: Manifests) -> ServerOrder:
    made = make_order(server, manifests, NO_KEY)
    assert isinstance(made, ServerOrder), made
    return made


def test_variables_come_from_the_spec_and_from_secrets() -> None:
    reference = {"name": "keys", "key": "proxy"}
    server = llama(env=[{"name": "A", "value": "1"}, {"name": "B", "secretKeyRef": reference}])

    assert order(server, secrets("keys", proxy="secret\n")).environment == {"A": "1", "B": "secret"}


def test_a_hubs_token_goes_to_the_fetch_and_not_to_the_server() -> None:
    made = order(llama(model=model({"huggingFace": HUB})), secrets("hub", token="hf_1"))

    assert (made.credentials, made.environment) == ({"HF_TOKEN": "hf_1"}, {})


def test_a_buckets_secret_is_taken_whole() -> None:
    values = {"KUBELORE_S3_ACCESS_KEY": "a", "KUBELORE_S3_SECRET_KEY": "b"}

    assert order(llama(model=model({"s3": S3})), secrets("store", **values)).credentials == values


@pytest.mark.parametrize(
    ("server", "missing"),
    [
        (llama(env=[{"name": "B", "secretKeyRef": {"name": "keys", "key": "k"}}]), "Secret keys with key k"),
        (llama(model=model({"huggingFace": HUB})), "Secret hub with key token"),
        (llama(model=model({"s3": S3})), "Secret store"),
    ],
)
def test_a_missing_secret_is_named(server: Any, missing: str) -> None:
    state = make_order(server, secrets("other"), NO_KEY)

    assert isinstance(state, ServerState)
    assert state.findings[0].message == f"{missing} is missing; put it into the manifests folder"


def test_orders_differ_by_what_the_server_would_do_and_show_no_secret() -> None:
    server = llama(model=model({"huggingFace": HUB}))
    first = order(server, secrets("hub", token="hf_1"))

    assert first == order(
        server.model_copy(update={"status": llama(status={"replicas": 1}).status}), secrets("hub", token="hf_1")
    )
    assert first != order(server, secrets("hub", token="hf_2"))
    assert first != order(llama(model=model({"huggingFace": HUB}), parallel=4), secrets("hub", token="hf_1"))
    assert "hf_1" not in repr(first)
