"""The stores that one contract is tested on: a folder, and a real MinIO."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kubelore.objectstore.factory import make_object_store
from kubelore.objectstore.interface import ObjectStore
from kubelore.settings import Settings
from support.minio import MinioServer, minio_server


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with minio_server(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture(params=["folder", "minio"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    settings = (
        Settings(object_store=(tmp_path / "objects").as_uri())
        if request.param == "folder"
        else request.getfixturevalue("minio").settings(f"test-{uuid4().hex}")
    )
    store = make_object_store(settings)
    store.ensure()
    return store
