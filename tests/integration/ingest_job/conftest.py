"""Real stores, shared by the tests, each of which has a knowledge base of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kubelore.settings import Settings
from support.milvus import milvus_server, milvus_uri
from support.milvus_standalone import milvus_standalone
from support.minio import MinioServer, minio_server
from support.worker import Workshop


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with minio_server(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with milvus_server(tmp_path_factory.mktemp("milvus")) as server:
        yield milvus_uri(server)


@pytest.fixture(scope="session")
def old_milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with milvus_standalone(tmp_path_factory.mktemp("standalone")) as uri:
        yield uri


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Stores that hold nothing yet: served ones, also with an old Milvus, or by the parameter those of a laptop."""
    engine = getattr(request, "param", "served")
    if engine == "embedded":
        return Settings(state_dir=tmp_path / "state")
    minio: MinioServer = request.getfixturevalue("minio")
    milvus: str = request.getfixturevalue("old_milvus" if engine == "old_milvus" else "milvus")
    return minio.settings(f"bucket-{uuid4().hex}").model_copy(update={"vector_store": milvus})


@pytest.fixture
def workshop(settings: Settings, tmp_path: Path) -> Workshop:
    """A knowledge base that is ready."""
    workshop = Workshop(settings, tmp_path)
    end = workshop.prepare()
    assert end.exit_code == 0, end.log
    return workshop
