"""An LLMServer's accelerators are limits that the scheduler keeps to."""

import pytest

from support.cluster_api import Body
from support.installation import Installation

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

GPU = "nvidia.com/gpu"
THIRD = "third-on-gpus"
EMBEDDER: Body = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
OLLAMA: Body = {"engine": "ollama", "serves": ["chat"], "model": {"name": "llama3.2:1b"}, "cache": {"size": "1Gi"}}


def wait_for(installation: Installation, server: str, reason: str) -> str:
    """Return what a server that isn't Ready says, once that is for this reason."""
    found = installation.resources.wait_for_condition("LLMServer", server, "Ready", "False", reason, seconds=120)
    message: str = found["message"]
    return message


def wait_until_it_answers(installation: Installation, server: str) -> None:
    installation.resources.wait_for_condition("LLMServer", server, "Ready", "True", seconds=120)


def on_gpus(count: int) -> Body:
    return {"accelerator": {"resourceName": GPU, "count": count}}


def test_gpus_are_limits_that_the_scheduler_finds_a_node_for(installation: Installation) -> None:
    with installation.model_server(**OLLAMA, **on_gpus(2), image="kubelore.invalid/ollama:none") as server:
        wait_for(installation, server, "ImagePullFailed")
        (pod,) = installation.model_server_pods(server)
    (container,) = pod["spec"]["containers"]
    assert container["resources"]["limits"][GPU] == "2"
    assert "nodeName" in pod["spec"]


def test_more_gpus_than_there_are_leave_the_server_pending(installation: Installation) -> None:
    with installation.model_server(**OLLAMA, **on_gpus(3)) as server:
        message = wait_for(installation, server, "Unschedulable")
        (pod,) = installation.model_server_pods(server)
    assert pod["status"]["phase"] == "Pending"
    assert f"there is not enough {GPU}" in message


def test_a_third_server_waits_until_one_of_two_goes(installation: Installation) -> None:
    with installation.model_server(**on_gpus(1)) as second:
        with installation.model_server(**on_gpus(1)) as first:
            wait_until_it_answers(installation, first)
            wait_until_it_answers(installation, second)
            installation.resources.create("LLMServer", THIRD, EMBEDDER | on_gpus(1))
            message = wait_for(installation, THIRD, "Unschedulable")
        try:
            wait_until_it_answers(installation, THIRD)
        finally:
            installation.delete("LLMServer", THIRD)
    assert f"there is not enough {GPU}" in message
