from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from support.apiserver import ResourceApi, running_resource_api
from support.cluster_api import NamespaceApi
from support.fake_job_controller import FakeJobController
from support.operator_process import OperatorProcess
from support.operator_resources import OperatedNamespace

NewOperator = Callable[..., OperatorProcess]


@pytest.fixture(scope="session")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResourceApi]:
    """An API server that an operator may look after as a whole, without meeting other tests' resources."""
    with running_resource_api(tmp_path_factory.mktemp("operated-crds")) as api:
        yield api


@pytest.fixture(scope="module")
def operator(operated: ResourceApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    """One operator of the whole cluster for a module's tests; it reports progress without holding back."""
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    with OperatorProcess(operated.kubeconfig, log, None, progress_seconds=0).running() as process:
        yield process


@pytest.fixture
def namespace(operated: ResourceApi) -> OperatedNamespace:
    """A namespace of the test's own, with the service accounts that every cluster has and the chart makes.

    It takes no pod that doesn't pass the restricted Pod Security Standard.
    """
    name = f"team-{uuid4().hex[:8]}"
    operated.create_namespace(name)
    operated.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    api = NamespaceApi(operated.connection, name)
    for account in ("default", "kubelore-ingest"):
        api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}})
    return OperatedNamespace(api, FakeJobController(api))


@pytest.fixture
def new_operator(operated: ResourceApi, namespace: OperatedNamespace, tmp_path: Path) -> Iterator[NewOperator]:
    """Make operators of the test's namespace alone, which end with the test."""
    made: list[OperatorProcess] = []

    def make(**settings: object) -> OperatorProcess:
        log = tmp_path / f"operator-{len(made)}.log"
        made.append(OperatorProcess(operated.kubeconfig, log, namespace.api.namespace, **settings))
        return made[-1]

    yield make
    for process in made:
        process.kill()
