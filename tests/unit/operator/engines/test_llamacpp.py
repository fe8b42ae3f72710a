from typing import Any

import pytest

from kubelore.resources.base import SecretKeyRef
from kubelore_operator.engines.llamacpp import LlamaCppEngine
from kubelore_operator.workload import Container, EnvVar, HttpProbe, ModelServer
from support.builders import llm_server
from support.operator_plans import SETTINGS

SOURCE = {"http": {"url": "https://models.example/tiny.gguf"}}


def server(**spec: Any) -> ModelServer:
    defaults = {"engine": "llamacpp", "serves": ["chat"], "model": {"name": "tiny", "source": SOURCE}}
    return LlamaCppEngine().server(llm_server("tiny", **(defaults | spec)), SETTINGS)


def container(**spec: Any) -> Container:
    pod = server(**spec).pod
    assert pod is not None
    return pod.container


def option(name: str, **spec: Any) -> str:
    args = container(**spec).args
    return args[args.index(name) + 1]


def test_it_is_reached_at_its_service() -> None:
    assert (server().endpoint, server().service_port) == ("http://tiny.team-a.svc/v1", 80)


def test_clients_ask_for_the_models_name() -> None:
    assert option("--alias") == "tiny"


def test_two_slots_share_a_context_of_8192_tokens() -> None:
    assert (option("--ctx-size"), option("--parallel")) == ("8192", "2")


def test_context_and_slots_are_those_of_the_resource() -> None:
    spec = {"contextLength": 4096, "parallel": 8}

    assert (option("--ctx-size", **spec), option("--parallel", **spec)) == ("4096", "8")


@pytest.mark.parametrize(
    ("serves", "flags"),
    [
        (["chat"], set()),
        (["embedding"], {"--embedding"}),
        (["rerank"], {"--reranking"}),
    ],
)
def test_it_does_what_it_is_to_serve(serves: list[str], flags: set[str]) -> None:
    assert {"--embedding", "--reranking"} & set(container(serves=serves).args) == flags


def test_a_text_that_fills_a_slot_is_embedded_in_one_batch() -> None:
    spec = {"serves": ["embedding"], "contextLength": 4096, "parallel": 2}

    assert (option("--batch-size", **spec), option("--ubatch-size", **spec)) == ("2048", "2048")


def test_without_an_accelerator_it_runs_on_cpus() -> None:
    found = container()

    assert found.image == "registry.example/llamacpp:1"
    assert "--n-gpu-layers" not in found.args


def test_with_an_accelerator_all_layers_are_there() -> None:
    spec = {"accelerator": {"count": 1}}

    assert container(**spec).image == "registry.example/llamacpp-cuda:1"
    assert option("--n-gpu-layers", **spec) == "999"
    assert container(**spec).resources.limits == {"nvidia.com/gpu": "1"}


def test_the_resources_image_outdoes_the_installations() -> None:
    assert container(image="ours:1", accelerator={"count": 1}).image == "ours:1"


def test_the_resources_arguments_come_last_so_that_they_outdo_ours() -> None:
    assert container(engineArgs=["--threads", "4"]).args[-2:] == ("--threads", "4")


def test_the_key_comes_from_its_secret() -> None:
    found = container(apiKeySecretRef={"name": "keys", "key": "tiny"})

    (key,) = (entry for entry in found.env if entry.name == "LLAMA_API_KEY")
    assert key.secret is not None
    assert (key.secret.name, key.secret.key, key.value) == ("keys", "tiny", "")


def test_while_a_previous_key_is_named_it_takes_both() -> None:
    new, old = {"name": "keys", "key": "new"}, {"name": "keys", "key": "old"}

    found = {entry.name: entry for entry in container(apiKeySecretRef=new, previousApiKeySecretRef=old).env}

    assert found["LLAMA_API_KEY"] == EnvVar("LLAMA_API_KEY", "$(CURRENT_API_KEY),$(PREVIOUS_API_KEY)")
    assert found["CURRENT_API_KEY"].secret == SecretKeyRef(name="keys", key="new")
    assert found["PREVIOUS_API_KEY"].secret == SecretKeyRef(name="keys", key="old")


def test_the_resources_variables_outdo_ours() -> None:
    names = container(env=[{"name": "LLAMA_ARG_CACHE_RAM", "value": "1024"}]).env

    assert [entry for entry in names if entry.name == "LLAMA_ARG_CACHE_RAM"][-1] == EnvVar(
        "LLAMA_ARG_CACHE_RAM", "1024"
    )


def test_it_is_ready_when_the_model_is_loaded_and_alive_before() -> None:
    found = container()

    assert found.startup == found.readiness == HttpProbe("/health")
    assert found.liveness == HttpProbe("/v1/models")
