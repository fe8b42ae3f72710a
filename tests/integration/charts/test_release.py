"""A release's life on a real API server, which takes or refuses what the chart holds."""

import json
from collections.abc import Iterator

import pytest

from support.helm import NAMESPACE, STORES, Helm, Manifest, of_kind
from testcluster.apiserver import ApiServer
from testcluster.errors import ClusterError

CRDS = {"llmservers.kubelore.io", "knowledgebases.kubelore.io", "ingesttasks.kubelore.io"}
RESTRICTED = "restricted"
SERVER = {
    "apiVersion": "kubelore.io/v1alpha1",
    "kind": "LLMServer",
    "metadata": {"name": "kept", "namespace": NAMESPACE},
    "spec": {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}},
}


@pytest.fixture
def server(empty_apiserver: ApiServer, helm: Helm) -> Iterator[ApiServer]:
    """An API server with the release."""
    helm.upgrade(empty_apiserver.kubeconfig, STORES)
    empty_apiserver.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", *CRDS)
    yield empty_apiserver
    releases = empty_apiserver.kubectl("get", "deployment", f"--namespace={NAMESPACE}", "--output=name")
    if releases:
        helm.uninstall(empty_apiserver.kubeconfig)


def crds(server: ApiServer) -> set[str]:
    names = server.kubectl("get", "crd", "--output=jsonpath={.items[*].metadata.name}")
    return set(names.split())


def servers(server: ApiServer) -> str:
    return server.kubectl("get", "llm", f"--namespace={NAMESPACE}", "--output=jsonpath={.items[*].metadata.name}")


def dry_run(server: ApiServer, *manifests: Manifest) -> str:
    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    return server.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=items)


def pod_of(deployment: Manifest, namespace: str) -> Manifest:
    """The pod that a Deployment would make, without the service account that only the release's namespace has."""
    spec = {**deployment["spec"]["template"]["spec"], "serviceAccountName": "default"}
    metadata = {"name": deployment["metadata"]["name"], "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def test_the_api_server_takes_all_of_it(server: ApiServer, helm: Helm) -> None:
    manifests = helm.template(STORES)
    accepted = dry_run(server, *manifests)
    assert len(accepted.splitlines()) == len(manifests)


def test_resources_outlive_the_release_and_meet_the_next_one(server: ApiServer, helm: Helm) -> None:
    server.kubectl("apply", "-f", "-", stdin=json.dumps(SERVER))

    helm.upgrade(server.kubeconfig, {**STORES, "gateway": {"replicas": 1}})
    assert (crds(server), servers(server)) == (CRDS, "kept")

    helm.uninstall(server.kubeconfig)
    assert (crds(server), servers(server)) == (CRDS, "kept")

    helm.upgrade(server.kubeconfig, STORES)
    assert (crds(server), servers(server)) == (CRDS, "kept")
    server.kubectl("delete", "llm", "kept", f"--namespace={NAMESPACE}")


def test_an_upgrade_without_the_crds_keeps_them(server: ApiServer, helm: Helm) -> None:
    helm.upgrade(server.kubeconfig, {**STORES, "crds": {"install": False}})
    assert crds(server) == CRDS


def test_the_pods_of_the_release_pass_the_restricted_standard(server: ApiServer, helm: Helm) -> None:
    label = f"pod-security.kubernetes.io/enforce={RESTRICTED}"
    server.kubectl("create", "namespace", RESTRICTED)
    server.kubectl("label", "namespace", RESTRICTED, label)
    server.kubectl("create", "serviceaccount", "default", f"--namespace={RESTRICTED}")
    pods = [pod_of(deployment, RESTRICTED) for deployment in of_kind(helm.template(STORES), "Deployment")]
    assert len(dry_run(server, *pods).splitlines()) == len(pods) == 2

    pods[0]["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    with pytest.raises(ClusterError, match="violates PodSecurity"):
        dry_run(server, pods[0])
