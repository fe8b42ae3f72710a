"""An LLMServer's accelerators are limits that the scheduler keeps to."""

import pytest

from support.cluster_api import Body
from support.installation import Installation
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

GPU = "nvidia.com/gpu"
OLLAMA: Body = {"engine": "ollama", "serves": ["chat"], "model": {"name": "llama3.2:1b"}, "cache": {"size": "1Gi"}}


def pod_of(installation: Installation, server: str) -> Body:
    """Return a server's pod once there is one."""
    wanted = {"kubelore.io/kind": "LLMServer", "kubelore.io/name": server}

    def pods() -> list[Body]:
        return [pod for pod in installation.api.list("Pod") if wanted.items() <= pod["metadata"]["labels"].items()]

    wait_until(f"{server} has a pod", lambda: len(pods()) > 0)
    return pods()[0]


def message_of(installation: Installation, server: str) -> str:
    """Return why a server isn't Ready, once that is more than that it is being deployed."""
    found = installation.resources.wait_for_condition(
        "LLMServer", server, "Ready", "False", "PodsNotReady", seconds=120
    )
    message: str = found["message"]
    return message


def test_gpus_are_limits_and_an_image_that_is_not_there_is_named(installation: Installation) -> None:
    accelerator = {"resourceName": GPU, "count": 2}
    with installation.model_server(**OLLAMA, accelerator=accelerator, image="kubelore.invalid/ollama:none") as server:
        message = message_of(installation, server)
        pod = pod_of(installation, server)
    (container,) = pod["spec"]["containers"]
    assert container["resources"]["limits"][GPU] == "2"
    assert "nodeName" in pod["spec"]
    assert "the image can't be pulled" in message
    assert "kubelore.invalid/ollama:none" in message


def test_more_gpus_than_there_are_leave_the_server_pending(installation: Installation) -> None:
    with installation.model_server(**OLLAMA, accelerator={"resourceName": GPU, "count": 3}) as server:
        message = message_of(installation, server)
        pod = pod_of(installation, server)
    assert pod["status"]["phase"] == "Pending"
    assert f"Insufficient {GPU}" in message
