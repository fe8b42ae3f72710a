from collections.abc import AsyncIterator

import pytest

from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.client import ClusterClient, connected
from kubelore_operator.cluster.events import EventRecorder
from kubelore_operator.reconcile.announce import Announcement
from support.apiserver import ResourceApi
from support.cluster_api import Body
from support.operator_resources import OperatedNamespace
from support.processes import wait_until

REFUSED = Announcement("Refused", "x" * 2000, is_warning=True)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def client(operated: ResourceApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClusterClient]:
    monkeypatch.setattr("kubernetes.aio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(operated.kubeconfig))
    async with connected() as client:
        yield client


def server(namespace: OperatedNamespace) -> ResourceKey:
    return ResourceKey("LLMServer", namespace.api.namespace, "embedder")


def reasons(namespace: OperatedNamespace) -> list[str]:
    return [event["reason"] for event in namespace.api.list("Event")]


async def test_an_event_is_about_its_resource(client: ClusterClient, namespace: OperatedNamespace) -> None:
    await EventRecorder(client).record(server(namespace), "its-uid", (REFUSED,))

    (event,) = namespace.api.list("Event")
    assert (event["type"], event["reason"], event["regarding"]["uid"]) == ("Warning", "Refused", "its-uid")
    assert event["note"] == "x" * 1024


async def test_what_comes_again_is_counted(client: ClusterClient, namespace: OperatedNamespace) -> None:
    recorder = EventRecorder(client, Clock())
    for _ in range(3):
        await recorder.record(server(namespace), "its-uid", (REFUSED,))

    (event,) = namespace.api.list("Event")
    assert event["series"]["count"] == 3


async def test_what_comes_again_much_later_is_told_again(client: ClusterClient, namespace: OperatedNamespace) -> None:
    clock = Clock()
    recorder = EventRecorder(client, clock)
    await recorder.record(server(namespace), "its-uid", (REFUSED,))
    clock.now = 601

    await recorder.record(server(namespace), "its-uid", (REFUSED,))

    assert len(namespace.api.list("Event")) == 2


async def test_what_can_not_be_written_is_no_error(client: ClusterClient) -> None:
    nowhere = ResourceKey("LLMServer", "there-is-no-such-namespace", "embedder")

    assert await EventRecorder(client).record(nowhere, "its-uid", (REFUSED,)) == 1


@pytest.mark.usefixtures("operator")
def test_a_server_tells_what_happens_to_it(namespace: OperatedNamespace) -> None:
    namespace.create_model_server()
    wait_until("it is deployed", lambda: namespace.api.get("Deployment", "embedder") is not None)

    namespace.jobs.serve("embedder")

    wait_until("it tells that it is ready", lambda: "Ready" in reasons(namespace))
    assert reasons(namespace) == ["Ready"]


@pytest.mark.usefixtures("operator")
def test_what_the_api_server_does_not_take_is_a_warning(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(tolerations=[{"operator": "Sometimes"}])

    def warnings() -> list[Body]:
        return [event for event in namespace.api.list("Event") if event["type"] == "Warning"]

    wait_until("it warns", lambda: bool(warnings()))
    assert "tolerations" in warnings()[0]["note"]
