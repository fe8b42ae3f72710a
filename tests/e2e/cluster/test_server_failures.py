"""Whatever keeps a model server from answering is provoked, and its condition says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.cluster_api import Body
from support.installation import NAMESPACE, Installation
from support.pod_killer import PodKiller, pod_killer
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SECONDS = 150
GPU = "nvidia.com/gpu"
SECRET = "c0ffee0c0ffee0c0ffee"
LLAMACPP: Body = {"engine": "llamacpp", "serves": ["chat"], "cache": {"size": "1Gi"}}


def model_from(key: str) -> Body:
    return {"name": "tiny", "source": {"s3": {"bucket": "kubelore", "key": key}}}


def trouble(installation: Installation, server: str, reason: str) -> str:
    """Return why a server isn't Ready, once that is for this reason."""
    found = installation.resources.wait_for_condition("LLMServer", server, "Ready", "False", reason, seconds=SECONDS)
    message: str = found["message"]
    return message


def warnings(installation: Installation, server: str) -> set[str]:
    """Return the reasons of the Events that warn about a server."""
    events = (event for event in installation.api.list("Event") if event.get("type") == "Warning")
    return {event["reason"] for event in events if event.get("regarding", {}).get("name") == server}


def wait_for_warning(installation: Installation, server: str, reason: str) -> None:
    wait_until(f"an Event says {reason}", lambda: reason in warnings(installation, server), SECONDS)


def pods(installation: Installation, server: str) -> list[Body]:
    wanted = {"kubelore.io/kind": "LLMServer", "kubelore.io/name": server}
    return [pod for pod in installation.api.list("Pod") if wanted.items() <= pod["metadata"]["labels"].items()]


@contextmanager
def quota(installation: Installation, **hard: str) -> Iterator[None]:
    """Bound what the namespace's pods may ask for."""
    name, limits = "e2e-quota", [f"{key}={value}" for key, value in hard.items()]
    words = ("create", "quota", name, f"--namespace={NAMESPACE}", f"--hard={','.join(limits)}")
    installation.cluster.kubectl(*words)
    try:
        yield
    finally:
        installation.cluster.kubectl("delete", "quota", name, f"--namespace={NAMESPACE}")


@pytest.fixture(scope="module")
def killer(installation: Installation) -> Iterator[PodKiller]:
    with pod_killer(installation.cluster) as killer:
        yield killer


def test_a_server_that_fits_on_no_node_says_which_resource_is_short(installation: Installation) -> None:
    with installation.model_server(resources={"requests": {"memory": "9Ti"}}) as server:
        message = trouble(installation, server, "Unschedulable")
        wait_for_warning(installation, server, "Unschedulable")
    assert "there is not enough memory" in message
    assert "0/1 nodes are available" in message


def test_a_server_whose_volume_is_not_there_says_which(installation: Installation) -> None:
    source = {"pvc": {"claimName": "not-there", "path": "tiny.gguf"}}
    with installation.model_server(**LLAMACPP, model={"name": "tiny", "source": source}) as server:
        message = trouble(installation, server, "Unschedulable")
    assert "the volume claim not-there does not exist; create it" in message


def test_an_image_that_can_not_be_pulled_is_named(installation: Installation) -> None:
    with installation.model_server(image="kubelore.invalid/embedder:none") as server:
        message = trouble(installation, server, "ImagePullFailed")
    assert "kubelore.invalid/embedder:none" in message
    assert "check its name, and the pull secret of its registry" in message


def test_a_secret_that_is_not_there_is_named(installation: Installation) -> None:
    with installation.model_server(apiKeySecretRef={"name": "not-there", "key": "key"}) as server:
        message = trouble(installation, server, "ContainerNotStarted")
    assert 'secret "not-there" not found' in message


def test_a_server_that_crashes_shows_the_end_of_its_log_without_secrets(installation: Installation) -> None:
    with installation.model_server(engineArgs=["--no-such-token", SECRET]) as server:
        message = trouble(installation, server, "CrashLoop")
        wait_for_warning(installation, server, "CrashLoop")
        (event,) = (
            found
            for found in installation.api.list("Event")
            if found["reason"] == "CrashLoop" and found.get("regarding", {}).get("name") == server
        )
    assert "crashes again and again (exit code 2: " in message
    assert "the embedder takes no arguments, and was given --no-such-token [hidden]" in message
    assert SECRET not in message
    assert SECRET not in event["note"]


def test_a_server_that_needs_more_memory_than_it_may_have_says_so(installation: Installation) -> None:
    resources = {"requests": {"cpu": "100m"}, "limits": {"memory": "48Mi"}}
    with installation.model_server(resources=resources) as server:
        message = trouble(installation, server, "OutOfMemory")
    assert "container embedder of pod" in message
    assert "raise spec.resources.limits.memory" in message


def test_a_model_that_is_not_at_its_source_is_missing(installation: Installation) -> None:
    with installation.model_server(**LLAMACPP, model=model_from("models/not-there.gguf")) as server:
        message = trouble(installation, server, "ModelMissing")
        available = installation.resources.condition("LLMServer", server, "ModelAvailable")
    assert "the model is not at its source" in message
    assert "models/not-there.gguf" in message
    assert (available["status"], available["reason"]) == ("False", "ModelMissing")


def test_a_server_over_its_namespaces_quota_says_so(installation: Installation) -> None:
    with quota(installation, **{f"requests.{GPU}": "1"}):
        accelerator = {"resourceName": GPU, "count": 2}
        with installation.model_server(accelerator=accelerator) as server:
            message = trouble(installation, server, "QuotaExceeded")
    assert "exceeded quota: e2e-quota" in message
    assert f"requested: requests.{GPU}=2" in message
    assert "have the namespace's quota raised" in message


def test_a_server_that_hangs_fails_its_probe_and_answers_again(installation: Installation, killer: PodKiller) -> None:
    with installation.model_server() as server:
        (pod,) = pods(installation, server)
        killer.stop(pod)
        message = trouble(installation, server, "ProbeFailing")
        killer.go_on(pod)
        installation.resources.wait_for_condition("LLMServer", server, "Ready", "True", seconds=SECONDS)
        wait_for_warning(installation, server, "ProbeFailing")
    assert "container embedder of pod" in message
    assert "GET /readyz" in message


def test_kubectl_shows_the_reason_and_the_events(installation: Installation) -> None:
    with installation.model_server(**LLAMACPP, model=model_from("models/not-there.gguf")) as server:
        trouble(installation, server, "ModelMissing")
        wait_for_warning(installation, server, "ModelMissing")
        table = installation.cluster.kubectl("get", "llm", server, f"--namespace={NAMESPACE}")
        described = installation.cluster.kubectl("describe", "llm", server, f"--namespace={NAMESPACE}")
    header, row = (line.split() for line in table.splitlines())
    assert dict(zip(header, row, strict=False))["NAME"] == server
    assert {"FETCHED", "REASON"} <= set(header)
    assert "ModelMissing" in row
    assert "Warning  ModelMissing" in described
