import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio import client, config

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.api_server import ApiServerResourceStore, open_api_server_store
from kubelore.settings import Settings
from support.apiserver import ResourceApi
from support.builders import ingest_task
from support.processes import free_port

NAMESPACE = "default"


def manifest(kind: str, name: str, spec: dict[str, Any], namespace: str = NAMESPACE) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "kubelore.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def base(name: str, namespace: str = NAMESPACE) -> dict[str, Any]:
    return manifest("KnowledgeBase", name, {"embedding": {"builtin": "all-MiniLM-L6-v2"}}, namespace)


def server(name: str) -> dict[str, Any]:
    spec = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
    return manifest("LLMServer", name, spec)


async def connection(kubeconfig: Path) -> client.ApiClient:
    configuration = client.Configuration()
    await config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return client.ApiClient(configuration)


@pytest.fixture
async def store(apiserver: ResourceApi) -> AsyncIterator[ApiServerResourceStore]:
    store = ApiServerResourceStore(await connection(apiserver.kubeconfig), [NAMESPACE], fresh_seconds=0)
    yield store
    await store.close()


async def test_a_knowledge_base_is_read_with_its_defaults_and_its_status(
    apiserver: ResourceApi, store: ApiServerResourceStore
) -> None:
    created = apiserver.create(base("read"))
    apiserver.patch_status(created, {"status": {"documents": 7}})
    found = await store.knowledge_base(NAMESPACE, "read")
    assert (found.metadata.uid, found.spec.retrieval.top_k, found.status.documents) == (
        created["metadata"]["uid"],
        5,
        7,
    )
    assert "read" in [each.metadata.name for each in await store.knowledge_bases()]


async def test_a_model_server_is_read(apiserver: ResourceApi, store: ApiServerResourceStore) -> None:
    apiserver.create(server("read"))
    assert (await store.llm_server(NAMESPACE, "read")).spec.model.name == "all-MiniLM-L6-v2"
    assert "read" in [each.metadata.name for each in await store.llm_servers()]


async def test_a_created_task_comes_back_with_its_uid_and_can_be_read(
    apiserver: ResourceApi, store: ApiServerResourceStore
) -> None:
    created = await store.create_ingest_task(
        ingest_task("created", namespace=NAMESPACE, tenant="acme", metadata={"author": "Ann"}, access_groups=["staff"])
    )
    read = await store.ingest_task(NAMESPACE, "created")
    assert read.metadata.uid == created.metadata.uid != ""
    assert read.spec == created.spec
    assert apiserver.get(manifest("IngestTask", "created", {}))["spec"]["tenant"] == "acme"


async def test_a_task_is_never_read_from_memory(apiserver: ResourceApi, store: ApiServerResourceStore) -> None:
    await store.create_ingest_task(ingest_task("moving", namespace=NAMESPACE))
    apiserver.patch_status(manifest("IngestTask", "moving", {}), {"status": {"phase": "VECTORIZING"}})
    assert (await store.ingest_task(NAMESPACE, "moving")).status.phase == "VECTORIZING"


async def test_a_task_is_cancelled_only_as_it_was_read(apiserver: ResourceApi, store: ApiServerResourceStore) -> None:
    created = await store.create_ingest_task(ingest_task("cancelled", namespace=NAMESPACE))
    apiserver.patch_status(manifest("IngestTask", "cancelled", {}), {"status": {"phase": "PROCESSING"}})
    begun = await store.ingest_task(NAMESPACE, "cancelled")
    assert not await store.cancel_ingest_task(created)
    assert await store.cancel_ingest_task(begun)
    assert not await store.cancel_ingest_task(begun)


async def test_a_name_that_is_taken_is_a_conflict(store: ApiServerResourceStore) -> None:
    await store.create_ingest_task(ingest_task("twice", namespace=NAMESPACE))
    with pytest.raises(KubeloreError) as caught:
        await store.create_ingest_task(ingest_task("twice", namespace=NAMESPACE))
    assert caught.value.code is ErrorCode.RESOURCE_CONFLICT


async def test_what_the_api_server_refuses_is_told_in_its_words(store: ApiServerResourceStore) -> None:
    with pytest.raises(KubeloreError, match=r"metadata\.name") as caught:
        await store.create_ingest_task(ingest_task("Not A Name", namespace=NAMESPACE))
    assert caught.value.code is ErrorCode.RESOURCE_INVALID


async def test_what_is_not_there_is_not_found(store: ApiServerResourceStore) -> None:
    for reading in (store.knowledge_base, store.llm_server, store.ingest_task):
        with pytest.raises(KubeloreError) as caught:
            await reading(NAMESPACE, "nothing")
        assert caught.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_a_namespace_that_is_not_served_does_not_exist(
    apiserver: ResourceApi, store: ApiServerResourceStore
) -> None:
    apiserver.create_namespace("unserved")
    apiserver.create(base("hidden", "unserved"))
    for attempt in (
        store.knowledge_base("unserved", "hidden"),
        store.ingest_task("unserved", "hidden"),
        store.create_ingest_task(ingest_task("hidden", namespace="unserved")),
    ):
        with pytest.raises(KubeloreError) as caught:
            await attempt
        assert caught.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_many_readers_share_one_list(apiserver: ResourceApi) -> None:
    store = ApiServerResourceStore(await connection(apiserver.kubeconfig), [NAMESPACE], fresh_seconds=60)
    apiserver.create(base("shared"))
    await asyncio.gather(*(store.knowledge_base(NAMESPACE, "shared") for _ in range(20)))
    apiserver.delete(base("shared"))
    assert (await store.knowledge_base(NAMESPACE, "shared")).metadata.name == "shared"
    await store.close()


async def test_an_api_server_that_is_away_is_told() -> None:
    api = client.ApiClient(client.Configuration(host=f"http://127.0.0.1:{free_port()}"))
    store = ApiServerResourceStore(api, [NAMESPACE])
    with pytest.raises(KubeloreError) as caught:
        await store.knowledge_base(NAMESPACE, "any")
    assert caught.value.code is ErrorCode.CLUSTER_UNREACHABLE
    await store.close()


async def test_the_kubeconfig_leads_to_the_server(apiserver: ResourceApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(apiserver.kubeconfig))
    store = await open_api_server_store(Settings(namespace=NAMESPACE))
    assert await store.llm_servers() is not None
    await store.close()


async def test_without_a_kubeconfig_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(KubeloreError) as caught:
        await open_api_server_store(Settings())
    assert caught.value.code is ErrorCode.CLUSTER_UNREACHABLE
