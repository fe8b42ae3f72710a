from collections.abc import Iterator

import pytest

from support.cluster import RunningCluster
from support.contents import Contents
from support.installation import Installation, open_installation


@pytest.fixture(scope="session")
def installation(cluster: RunningCluster) -> Iterator[Installation]:
    """Kubelore in the test cluster."""
    with open_installation(cluster) as installation:
        yield installation


@pytest.fixture(scope="session")
def embedder(installation: Installation) -> Iterator[str]:
    """The name of an embedding server that is Ready."""
    with installation.model_server() as name:
        yield name


@pytest.fixture(scope="module")
def handbook(installation: Installation, embedder: str) -> Iterator[Contents]:
    """A knowledge base of a module's tests."""
    with installation.knowledge_base(embedder) as contents:
        yield contents
