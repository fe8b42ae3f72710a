from typing import Any

import pytest

from kubelore_operator.engines.vllm import VllmEngine
from kubelore_operator.workload import Container, EmptyDir, HttpProbe, ModelServer, Mount, Pod
from support.builders import llm_server
from support.operator_plans import SETTINGS

SOURCE = {"huggingFace": {"repo": "Qwen/Qwen3-8B"}}


def server(**spec: Any) -> ModelServer:
    defaults = {"engine": "vllm", "serves": ["chat"], "model": {"name": "qwen3", "source": SOURCE}}
    return VllmEngine().server(llm_server("qwen", **(defaults | spec)), SETTINGS)


def pod(**spec: Any) -> Pod:
    found = server(**spec).pod
    assert found is not None
    return found


def container(**spec: Any) -> Container:
    return pod(**spec).container


def option(name: str, **spec: Any) -> str:
    args = container(**spec).args
    return args[args.index(name) + 1]


def variable(name: str, **spec: Any) -> str:
    return {entry.name: entry.value for entry in container(**spec).env}[name]


def test_it_is_reached_at_its_service() -> None:
    assert (server().endpoint, server().service_port) == ("http://qwen.team-a.svc/v1", 80)


def test_it_serves_the_fetched_folder_under_the_models_name() -> None:
    found = container()

    assert found.command == ("vllm", "serve")
    assert found.args[0].startswith("/models/")
    assert option("--served-model-name") == "qwen3"


def test_it_is_spread_over_the_devices_that_it_has() -> None:
    assert option("--tensor-parallel-size", accelerator={"count": 4}) == "4"


def test_what_the_resource_leaves_open_is_left_to_vllm() -> None:
    unset = {"--tensor-parallel-size", "--max-model-len", "--max-num-seqs", "--runner"}

    assert unset & set(container().args) == set()


def test_context_and_requests_are_limited_as_the_resource_says() -> None:
    spec = {"contextLength": 4096, "parallel": 8}

    assert (option("--max-model-len", **spec), option("--max-num-seqs", **spec)) == ("4096", "8")


@pytest.mark.parametrize("serves", [["embedding"], ["rerank"], ["embedding", "rerank"]])
def test_a_model_that_does_not_chat_is_pooled(serves: list[str]) -> None:
    assert option("--runner", serves=serves) == "pooling"


def test_the_resources_arguments_come_last_so_that_they_outdo_ours() -> None:
    assert container(engineArgs=["--max-model-len", "1"], contextLength=4096).args[-2:] == ("--max-model-len", "1")


def test_the_key_comes_from_its_secret() -> None:
    found = container(apiKeySecretRef={"name": "keys", "key": "qwen"})

    (key,) = (entry for entry in found.env if entry.name == "VLLM_API_KEY")
    assert key.secret is not None
    assert (key.secret.name, key.secret.key, key.value) == ("keys", "qwen", "")


def test_while_a_previous_key_is_named_it_takes_both() -> None:
    new, old = {"name": "keys", "key": "new"}, {"name": "keys", "key": "old"}

    found = container(apiKeySecretRef=new, previousApiKeySecretRef=old)

    secrets = {entry.name: entry.secret.key for entry in found.env if entry.secret}
    assert secrets == {"VLLM_API_KEY": "new", "PREVIOUS_API_KEY": "old"}
    assert found.args[-3:] == ("--api-key", "$(VLLM_API_KEY)", "$(PREVIOUS_API_KEY)")


def test_its_processes_share_memory_of_the_nodes() -> None:
    found = pod()

    assert EmptyDir("shared-memory", in_memory=True) in found.volumes
    assert Mount("shared-memory", "/dev/shm") in found.container.mounts  # noqa: S108 - a path in the pod


def test_what_it_asks_the_hub_for_is_kept_beside_the_model() -> None:
    assert variable("HF_HOME") == "/models/huggingface"


def test_beside_a_model_that_it_may_only_read_it_keeps_nothing() -> None:
    model = {"name": "qwen3", "source": {"image": {"reference": "registry.example/qwen3:1"}}}

    assert variable("HF_HOME", model=model) == "/tmp/huggingface"  # noqa: S108 - a path in the pod


def test_all_its_probes_ask_its_health() -> None:
    found = container()

    assert {found.startup, found.readiness, found.liveness} == {HttpProbe("/health")}
