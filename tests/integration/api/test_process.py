"""The gateway as a process of its own, against a real API server."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.apiserver import ResourceApi
from support.http import get, post
from support.milvus import milvus_server, milvus_uri
from support.processes import ServerProcess, free_port

PROGRAM = str(Path(sys.executable).with_name("kubelore-api"))
NAMESPACE = "gateway-process"

BASE = {
    "apiVersion": "kubelore.io/v1alpha1",
    "kind": "KnowledgeBase",
    "metadata": {"name": "handbook", "namespace": NAMESPACE},
    "spec": {"embedding": {"builtin": "all-MiniLM-L6-v2"}},
}
UPLOAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="notes.md"\r\n\r\n# Notes\r\n--x--\r\n'


@pytest.fixture(scope="module")
def url(apiserver: ResourceApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("process")
    apiserver.create_namespace(NAMESPACE)
    apiserver.create(BASE)
    port = free_port()
    with milvus_server(folder) as milvus:
        variables = environment(
            KUBECONFIG=str(apiserver.kubeconfig),
            KUBELORE_NAMESPACE=NAMESPACE,
            KUBELORE_STATE_DIR=str(folder),
            KUBELORE_VECTOR_STORE=milvus_uri(milvus),
            KUBELORE_PORT=str(port),
            KUBELORE_LOG_FORMAT="json",
            KUBELORE_ALLOW_ANONYMOUS="true",
        )
        with ServerProcess([PROGRAM], port, folder / "gateway.log", variables).running():
            yield f"http://127.0.0.1:{port}"


def test_it_is_ready_when_the_cluster_and_the_stores_are(url: str) -> None:
    assert get(f"{url}/readyz").json["status"] == "ok"


def test_the_clusters_knowledge_bases_are_its_models(url: str) -> None:
    assert [model["id"] for model in get(f"{url}/v1/models").json["data"]] == ["handbook"]


def test_an_upload_becomes_a_task_of_the_cluster(url: str, apiserver: ResourceApi) -> None:
    reply = post(f"{url}/v1/files", UPLOAD, {"Content-Type": "multipart/form-data; boundary=x"})
    assert reply.status == 202, reply.json
    name = reply.json["id"].split(".")[2]
    task = apiserver.get({"kind": "IngestTask", "metadata": {"name": name, "namespace": NAMESPACE}})
    assert task["spec"]["source"]["object"]["documentName"] == "notes.md"
    assert task["spec"]["knowledgeBaseRef"] == {"name": "handbook"}
    assert get(f"{url}/task-status/{reply.json['id']}").json["status"] == "PENDING"


def test_a_base_that_the_operator_has_not_prepared_is_not_ready(url: str) -> None:
    assert post(f"{url}/chat", {"query": "why"}).json["error"]["code"] == "RESOURCE_NOT_READY"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"KUBELORE_PORT": "many"}, "KUBELORE_PORT"),
        ({"KUBELORE_RESOURCES": "manifests"}, "KUBELORE_RESOURCES"),
        ({"KUBECONFIG": "nowhere"}, "kubeconfig"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_line(
    tmp_path: Path, variables: Mapping[str, str], named: str
) -> None:
    ended = subprocess.run(
        [PROGRAM], env=environment(**variables), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def environment(**variables: str) -> dict[str, str]:
    """What a process gets: nothing of the tester's own settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KUBE")}
    return inherited | variables
