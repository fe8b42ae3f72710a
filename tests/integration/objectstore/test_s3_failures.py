from pathlib import Path

import pytest
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.factory import make_object_store
from kubelore.settings import Settings
from support.minio import MinioServer, minio_server
from support.processes import free_port


def test_a_store_that_is_away_is_said_to_be_unreachable_and_serves_when_it_is_back(tmp_path: Path) -> None:
    with minio_server(tmp_path) as server:
        store = make_object_store(server.settings("bucket"))
        store.ensure()
        store.put("key", b"x")

        server.process.kill()
        for call in (lambda: store.get("key"), lambda: list(store.list("")), lambda: store.put("key", b"y")):
            with pytest.raises(KubeloreError) as caught:
                call()
            assert caught.value.code is ErrorCode.OBJECT_STORE_UNREACHABLE
            assert caught.value.kind.retryable

        server.process.start()
        assert store.get("key") == b"x"


def test_a_host_without_a_server_is_unreachable() -> None:
    store = make_object_store(Settings(object_store=f"http://127.0.0.1:{free_port()}/bucket"))

    with pytest.raises(KubeloreError) as caught:
        store.ensure()

    assert caught.value.code is ErrorCode.OBJECT_STORE_UNREACHABLE


def test_a_wrong_secret_key_is_refused_and_not_shown(minio: MinioServer) -> None:
    settings = minio.settings("bucket").model_copy(update={"s3_secret_key": SecretStr("not-the-secret")})

    with pytest.raises(KubeloreError) as caught:
        make_object_store(settings).put("key", b"x")

    assert caught.value.code is ErrorCode.OBJECT_STORE_REFUSED
    assert "not-the-secret" not in caught.value.message


def test_a_missing_bucket_is_refused_with_its_name(minio: MinioServer) -> None:
    with pytest.raises(KubeloreError) as caught:
        make_object_store(minio.settings("no-such-bucket")).put("key", b"x")

    assert caught.value.code is ErrorCode.OBJECT_STORE_REFUSED
    assert "no-such-bucket" in caught.value.message
