from typing import Any

import pytest

from kubelore_operator.engines.ollama import OllamaEngine
from kubelore_operator.workload import Container
from support.builders import llm_server
from support.operator_plans import SETTINGS


def fetching(**source: Any) -> Container:
    model = {"name": "tiny", "source": {"ollama": source}}
    pod = OllamaEngine().server(llm_server("tiny", engine="ollama", serves=["chat"], model=model), SETTINGS).pod
    assert pod is not None
    assert pod.init_container is not None
    return pod.init_container


def variable(container: Container, name: str) -> str:
    (value,) = (variable.value for variable in container.env if variable.name == name)
    return value


@pytest.mark.parametrize(
    ("source", "pulled"),
    [
        ({"tag": "qwen3:4b"}, "qwen3:4b"),
        ({"tag": "someone/tiny"}, "someone/tiny"),
        ({"tag": "qwen3:4b", "registry": "models.example:5000"}, "models.example:5000/library/qwen3:4b"),
        ({"tag": "someone/tiny:1", "registry": "models.example"}, "models.example/someone/tiny:1"),
    ],
)
def test_a_tag_is_pulled_from_its_registry(source: dict[str, str], pulled: str) -> None:
    assert variable(fetching(**source), "PULL_TAG") == pulled


@pytest.mark.parametrize(("insecure", "flags"), [(True, "--insecure"), (False, "")])
def test_only_an_insecure_registry_is_spoken_to_without_tls(*, insecure: bool, flags: str) -> None:
    container = fetching(tag="tiny", registry="models.example", insecure=insecure)

    assert variable(container, "PULL_FLAGS") == flags
