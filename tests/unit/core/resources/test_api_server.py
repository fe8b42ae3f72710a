import pytest
from kubernetes.aio import client

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources import api_server
from kubelore.resources.api_server import ApiServerResourceStore
from support.fake_busy_api_server import FakeBusyApiServer, fake_busy_api_server


def store_of(server: FakeBusyApiServer) -> ApiServerResourceStore:
    return ApiServerResourceStore(client.ApiClient(client.Configuration(host=server.url)), ["default"])


async def test_an_api_server_that_is_too_busy_is_asked_again() -> None:
    async with fake_busy_api_server(refusals=2) as server:
        store = store_of(server)
        assert list(await store.knowledge_bases()) == []
        await store.close()

    assert server.requests == 3


async def test_one_that_stays_too_busy_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_server, "_SECONDS_OF_PATIENCE", 0.1)
    async with fake_busy_api_server(refusals=1000) as server:
        store = store_of(server)
        with pytest.raises(KubeloreError) as refused:
            await store.knowledge_bases()
        await store.close()

    assert refused.value.code is ErrorCode.CLUSTER_UNREACHABLE
    assert "storage is (re)initializing" in refused.value.message
