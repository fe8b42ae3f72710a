"""What the pods of an installation may do, and who may reach them."""

import json
from collections.abc import Iterator

import pytest

from support.cluster_api import Body
from support.contents import Contents
from support.installation import NAMESPACE, Installation
from support.pods import pod
from testcluster.errors import ClusterError

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 80), 3).close()"


@pytest.fixture(scope="module")
def pods(installation: Installation, handbook: Contents) -> list[Body]:
    """Pods of every sort: the operator's, the gateway's, a model server's, and those of Jobs."""
    source = {"inline": {"filename": "note.md", "text": "# Note"}}
    with installation.task(handbook.knowledge_base, source) as task:
        installation.completed(task)
        return installation.api.list("Pod")


@pytest.fixture(scope="module")
def restricted(installation: Installation) -> Iterator[str]:
    with installation.cluster.namespace(**RESTRICTED) as namespace:
        yield namespace


def component(pod: Body) -> str:
    name: str = pod["metadata"]["labels"]["app.kubernetes.io/component"]
    return name


def copied(pod: Body, namespace: str) -> Body:
    """The pod as it was asked for, in another namespace."""
    spec = {name: value for name, value in pod["spec"].items() if name not in {"nodeName", "serviceAccount"}}
    metadata = {"name": pod["metadata"]["name"], "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "serviceAccountName": "default"}}


def test_every_pod_passes_the_restricted_standard(
    installation: Installation, pods: list[Body], restricted: str
) -> None:
    assert {component(pod) for pod in pods} == {"operator", "gateway", "model-server", "ingest"}
    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": [copied(pod, restricted) for pod in pods]})
    accepted = installation.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=items)
    assert len(accepted.splitlines()) == len(pods)


def test_every_container_has_a_read_only_root_and_says_what_it_needs(pods: list[Body]) -> None:
    containers = [container for pod in pods for container in pod["spec"]["containers"]]
    assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in containers)
    assert all({"cpu", "memory"} <= container["resources"]["requests"].keys() for container in containers)


def test_only_those_who_speak_to_the_api_server_hold_a_token(pods: list[Body]) -> None:
    holders = {
        component(pod)
        for pod in pods
        for volume in pod["spec"]["volumes"]
        if any("serviceAccountToken" in source for source in volume.get("projected", {}).get("sources", ()))
    }
    assert holders == {"operator", "gateway", "ingest"}


@pytest.mark.parametrize(
    ("verb", "group", "resource", "allowed"),
    [
        ("patch", "kubelore.io", "ingesttasks/status", True),
        ("update", "kubelore.io", "ingesttasks/status", False),
        ("patch", "kubelore.io", "ingesttasks", False),
        ("get", "kubelore.io", "ingesttasks", False),
        ("patch", "kubelore.io", "knowledgebases/status", True),
        ("update", "kubelore.io", "knowledgebases/status", False),
        ("patch", "kubelore.io", "knowledgebases", False),
        ("create", "batch", "jobs", False),
        ("get", "", "secrets", False),
        ("list", "", "pods", False),
    ],
)
def test_a_worker_may_only_report_its_progress(
    installation: Installation, verb: str, group: str, resource: str, *, allowed: bool
) -> None:
    assert may(installation, "kubelore-ingest", verb, group, resource) is allowed


@pytest.mark.parametrize("account", ["kubelore-operator", "kubelore-gateway"])
@pytest.mark.parametrize("verb", ["get", "list"])
def test_neither_operator_nor_gateway_reads_secrets(installation: Installation, account: str, verb: str) -> None:
    assert not may(installation, account, verb, "", "secrets")


def may(installation: Installation, account: str, verb: str, group: str, resource: str) -> bool:
    """Ask the API server what a service account may do."""
    name, _, subresource = resource.partition("/")
    attributes = {"namespace": NAMESPACE, "verb": verb, "group": group, "resource": name, "subresource": subresource}
    spec = {"user": f"system:serviceaccount:{NAMESPACE}:{account}", "resourceAttributes": attributes}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    words = ("create", "-f", "-", "--output=jsonpath={.status.allowed}")
    return installation.cluster.kubectl(*words, stdin=json.dumps(review)) == "true"


def test_a_stranger_does_not_reach_a_model_server(installation: Installation, embedder: str, restricted: str) -> None:
    host = f"{embedder}.{NAMESPACE}.svc"
    with pytest.raises(ClusterError, match="timed out"):
        installation.cluster.run_pod(pod("stranger", restricted, ("python3", "-c", CONNECT, host)))
    gateway = f"kubelore-gateway.{NAMESPACE}.svc"
    assert not installation.cluster.run_pod(pod("visitor", restricted, ("python3", "-c", CONNECT, gateway)))
