from typing import Any

import pytest

from kubelore.clock import now
from kubelore.resources.conditions import ConditionType
from kubelore.resources.llm_server import LLMServerStatus
from kubelore_cli.laptop.servers import key_file_name, server_status, wanted_key
from support.builders import llm_server

EXTERNAL: dict[str, Any] = {
    "engine": "external",
    "serves": ["chat"],
    "model": {"name": "qwen3"},
    "external": {"baseURL": "http://127.0.0.1:11434/v1", "apiKeySecretRef": {"name": "keys", "key": "qwen"}},
}


def ready(status: LLMServerStatus) -> tuple[str, str]:
    condition = status.condition(ConditionType.READY)
    assert condition is not None
    return condition.status, condition.message


def test_the_embedder_runs_in_our_own_processes() -> None:
    status = server_status(llm_server(), has_key=True, now=now())

    assert ready(status) == ("True", "the built-in model runs inside Kubelore's own processes")
    assert status.endpoint is None


def test_an_external_server_is_ready_at_its_address() -> None:
    status = server_status(llm_server(**EXTERNAL), has_key=True, now=now())

    assert ready(status) == ("True", "requests go to http://127.0.0.1:11434/v1")
    assert status.endpoint == "http://127.0.0.1:11434/v1"


def test_an_external_server_without_its_key_says_where_to_put_it() -> None:
    server = llm_server("qwen", **EXTERNAL)

    status, message = ready(server_status(server, has_key=False, now=now()))

    assert status == "False"
    assert "Secret keys with key qwen" in message
    assert "the file team-a.qwen in the folder KUBELORE_API_KEYS_DIR" in message


@pytest.mark.parametrize(
    ("engine", "source"),
    [
        ("ollama", None),
        ("llamacpp", {"http": {"url": "https://example.com/model.gguf"}}),
        ("vllm", {"pvc": {"claimName": "models", "path": "qwen"}}),
    ],
)
def test_another_engine_says_that_it_needs_a_cluster_and_what_to_do(
    engine: str, source: dict[str, object] | None
) -> None:
    server = llm_server(engine=engine, serves=["chat"], model={"name": "m", **({"source": source} if source else {})})

    status, message = ready(server_status(server, has_key=True, now=now()))

    assert status == "False"
    assert message.startswith(f"engine {engine} needs a cluster for now; ")
    assert "engine external" in message


def test_an_embedder_with_another_model_needs_a_cluster() -> None:
    server = llm_server(model={"name": "bge", "source": {"huggingFace": {"repo": "BAAI/bge-base-zh-v1.5"}}})

    status, message = ready(server_status(server, has_key=True, now=now()))

    assert status == "False"
    assert "spec.model.source needs a cluster" in message


def test_a_status_that_stays_the_same_is_equal() -> None:
    server = llm_server()
    first = server_status(server, has_key=True, now=now())

    again = server_status(server.model_copy(update={"status": first}), has_key=True, now=now())

    assert again == first


def test_only_external_servers_want_a_key() -> None:
    assert wanted_key(llm_server()) is None
    assert wanted_key(llm_server(**EXTERNAL)) is not None
    assert key_file_name(llm_server("qwen")) == "team-a.qwen"
