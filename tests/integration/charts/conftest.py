from collections.abc import Iterator

import pytest

from support.helm import NAMESPACE
from testcluster.apiserver import ApiServer, running_apiserver
from testcluster.errors import ClusterUnavailableError


@pytest.fixture(scope="session")
def empty_apiserver() -> Iterator[ApiServer]:
    """An API server that knows nothing of Kubelore."""
    try:
        with running_apiserver() as server:
            server.kubectl("create", "namespace", NAMESPACE)
            yield server
    except ClusterUnavailableError as reason:
        pytest.skip(str(reason))
