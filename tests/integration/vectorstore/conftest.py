"""The engines that one contract is tested on: Milvus Lite in this process, its server, and an old server of Milvus."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from kubelore.resources.knowledge_base import IndexProfile
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.interface import CollectionSpec, VectorStore
from support.milvus import milvus_server, milvus_uri
from support.milvus_standalone import milvus_standalone
from support.rows import DIMENSION


@pytest.fixture(scope="session")
def server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with milvus_server(tmp_path_factory.mktemp("milvus")) as server:
        yield milvus_uri(server)


@pytest.fixture(scope="session")
def embedded_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("lite") / "milvus.db")


@pytest.fixture(scope="session")
def standalone_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with milvus_standalone(tmp_path_factory.mktemp("standalone")) as uri:
        yield uri


@pytest.fixture(scope="session", params=["embedded", "server", "standalone"])
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    uri = request.getfixturevalue(f"{request.param}_uri")
    store = make_vector_store(Settings(vector_store=uri))
    yield store
    store.close()


@pytest.fixture
def collection(store: VectorStore) -> Iterator[str]:
    """An empty collection of its own for each test."""
    alias = f"kl_test_{uuid4().hex}"
    store.ensure_collection(collection_spec(f"{alias}_g1"))
    yield f"{alias}_g1"
    store.drop_all(alias)


def collection_spec(name: str, profile: IndexProfile = IndexProfile.FAST, dimension: int = DIMENSION) -> CollectionSpec:
    return CollectionSpec(name=name, dimension=dimension, profile=profile, m=16, ef_construction=200)
