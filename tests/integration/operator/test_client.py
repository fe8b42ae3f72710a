from collections.abc import AsyncIterator

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.client import ClusterClient, connected
from kubelore_operator.kinds import KINDS, ApiKind
from support.apiserver import ResourceApi
from support.operator_resources import OperatedNamespace
from support.processes import free_port


@pytest.fixture
async def client(operated: ResourceApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClusterClient]:
    monkeypatch.setattr("kubernetes.aio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(operated.kubeconfig))
    async with connected() as client:
        yield client


def key(namespace: OperatedNamespace, kind: str, name: str) -> ResourceKey:
    return ResourceKey(kind, namespace.api.namespace, name)


async def test_an_object_that_is_not_there_is_none(client: ClusterClient, namespace: OperatedNamespace) -> None:
    assert await client.get(key(namespace, "Job", "nobody")) is None


async def test_a_list_goes_over_its_pages_and_tells_its_version(
    client: ClusterClient, namespace: OperatedNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubelore_operator.cluster.client._PAGE", 2)
    for number in range(5):
        namespace.create_task(f"task-{number}")

    bodies, version = await client.list(KINDS["IngestTask"], namespace.api.namespace)

    assert [body["metadata"]["name"] for body in bodies] == [f"task-{number}" for number in range(5)]
    assert {(body["apiVersion"], body["kind"]) for body in bodies} == {("kubelore.io/v1alpha1", "IngestTask")}
    assert version >= max(int(body["metadata"]["resourceVersion"]) for body in bodies)


async def test_a_list_of_a_kind_that_is_not_installed_is_empty(client: ClusterClient) -> None:
    assert await client.list(ApiKind("Widget", "example.com", "v1", "widgets"), None) == ([], 0)


async def test_what_the_api_server_says_reaches_the_error(client: ClusterClient, namespace: OperatedNamespace) -> None:
    wanted = key(namespace, "ConfigMap", "text")
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "text"}, "data": {"a/b": "x"}}

    with pytest.raises(KubeloreError) as refused:
        await client.apply(wanted, manifest)

    assert refused.value.code is ErrorCode.CLUSTER_REFUSED
    assert str(wanted) in refused.value.message
    assert "a valid config key" in refused.value.message


async def test_a_pod_that_is_not_there_has_no_log(client: ClusterClient, namespace: OperatedNamespace) -> None:
    with pytest.raises(KubeloreError) as missing:
        await client.log(key(namespace, "Pod", "nobody"), "fetch-model", 10)

    assert missing.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_another_version_is_a_conflict(client: ClusterClient, namespace: OperatedNamespace) -> None:
    namespace.create_task()

    with pytest.raises(KubeloreError) as refused:
        await client.merge(key(namespace, "IngestTask", "pages"), {"metadata": {"resourceVersion": "1"}})

    assert refused.value.code is ErrorCode.RESOURCE_CONFLICT


async def test_only_the_very_object_that_is_meant_is_deleted(
    client: ClusterClient, namespace: OperatedNamespace
) -> None:
    body = namespace.create_task()

    await client.delete(key(namespace, "IngestTask", "pages"), "another-uid")
    assert namespace.api.get("IngestTask", "pages") is not None

    await client.delete(key(namespace, "IngestTask", "pages"), body["metadata"]["uid"])
    assert namespace.api.get("IngestTask", "pages") is None


async def test_deleting_what_is_gone_is_fine(client: ClusterClient, namespace: OperatedNamespace) -> None:
    await client.delete(key(namespace, "IngestTask", "nobody"), "uid")


async def test_an_api_server_that_does_not_answer_may_be_asked_again(
    client: ClusterClient, namespace: OperatedNamespace
) -> None:
    client._api.configuration.host = f"https://127.0.0.1:{free_port()}"

    with pytest.raises(KubeloreError) as unreachable:
        await client.get(key(namespace, "IngestTask", "pages"))

    assert unreachable.value.code is ErrorCode.CLUSTER_UNREACHABLE
    assert unreachable.value.kind.retryable
