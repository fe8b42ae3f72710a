from typing import Any

import pytest

from kubelore.clock import now
from kubelore.resources.conditions import ConditionType
from kubelore.resources.llm_server import LLMServer, ModelStatus
from kubelore_cli.laptop.engines.state import ServerState, answering
from kubelore_cli.laptop.servers import key_file_name, server_status, state_without_a_run, wanted_key
from support.builders import llm_server

EXTERNAL: dict[str, Any] = {
    "engine": "external",
    "serves": ["chat"],
    "model": {"name": "qwen3"},
    "external": {"baseURL": "http://127.0.0.1:11434/v1", "apiKeySecretRef": {"name": "keys", "key": "qwen"}},
}
OLLAMA: dict[str, Any] = {"engine": "ollama", "serves": ["chat"], "model": {"name": "qwen3"}}
LLAMACPP: dict[str, Any] = {
    "engine": "llamacpp",
    "serves": ["chat"],
    "model": {"name": "qwen3", "source": {"http": {"url": "https://example.com/model.gguf"}}},
}


def state(server: LLMServer, *, has_key: bool = True) -> ServerState:
    found = state_without_a_run(server, has_key=has_key)
    assert found is not None
    return found


def ready(state: ServerState) -> tuple[bool | None, str]:
    finding = next(finding for finding in state.findings if finding.type is ConditionType.READY)
    return finding.status, finding.message


def test_the_embedder_runs_in_our_own_processes() -> None:
    found = state(llm_server())

    assert ready(found) == (True, "the built-in model runs inside Kubelore's own processes")
    assert found.endpoint is None


def test_an_external_server_is_ready_at_its_address() -> None:
    found = state(llm_server(**EXTERNAL))

    assert ready(found) == (True, "requests go to http://127.0.0.1:11434/v1")
    assert found.endpoint == "http://127.0.0.1:11434/v1"


def test_an_external_server_without_its_key_says_where_to_put_it() -> None:
    is_ready, message = ready(state(llm_server("qwen", **EXTERNAL), has_key=False))

    assert not is_ready
    assert "Secret keys with key qwen" in message
    assert "the file team-a.qwen in the folder KUBELORE_API_KEYS_DIR" in message


@pytest.mark.parametrize("server", [OLLAMA, LLAMACPP])
def test_ollama_and_llamacpp_run_here(server: dict[str, Any]) -> None:
    assert state_without_a_run(llm_server(**server), has_key=True) is None


def test_an_engine_that_needs_a_cluster_says_what_to_do() -> None:
    is_ready, message = ready(state(llm_server(**{**LLAMACPP, "engine": "vllm"})))

    assert not is_ready
    assert message.startswith("engine vllm does not run on a laptop: ")
    assert "engine external" in message


def test_a_server_that_is_scaled_to_zero_runs_nowhere() -> None:
    assert ready(state(llm_server(**OLLAMA, replicas=0))) == (False, "spec.replicas is 0")


def test_an_embedder_with_another_model_runs_here() -> None:
    model = {"name": "bge", "source": {"huggingFace": {"repo": "BAAI/bge-base-zh-v1.5"}}}
    server = llm_server(model=model, apiKeySecretRef={"name": "keys", "key": "bge"})

    assert state_without_a_run(server, has_key=True) is None
    assert not ready(state(server, has_key=False))[0]


def test_a_status_that_stays_the_same_is_equal() -> None:
    server = llm_server()
    first = server_status(server, state(server), now())

    again = server_status(server.model_copy(update={"status": first}), state(server), now())

    assert again == first


def test_the_status_says_what_an_operator_would_say() -> None:
    answers = answering("http://127.0.0.1:1/v1", ModelStatus(digest="sha256:1"))

    status = server_status(llm_server(**OLLAMA), answers, now())

    assert (status.endpoint, status.replicas, status.ready_replicas) == ("http://127.0.0.1:1/v1", 1, 1)
    assert status.model.digest == "sha256:1"
    assert {condition.type: condition.status for condition in status.conditions} == {
        "Ready": "True",
        "ModelAvailable": "True",
        "Progressing": "False",
    }


def test_keys_are_wanted_by_what_asks_for_them() -> None:
    reference = {"name": "keys", "key": "chat"}

    assert wanted_key(llm_server()) is None
    assert wanted_key(llm_server(**EXTERNAL)) is not None
    assert wanted_key(llm_server(**LLAMACPP, apiKeySecretRef=reference)) is not None
    assert wanted_key(llm_server(**OLLAMA, apiKeySecretRef=reference)) is None
    assert key_file_name(llm_server("qwen")) == "team-a.qwen"
