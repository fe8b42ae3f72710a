"""Kubelore as `make deploy` puts it into the test cluster, and what users do with it there."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kubernetes import config
from openai import OpenAI
from pydantic import SecretStr

from kubelore.objectstore.factory import make_object_store
from kubelore.objectstore.interface import ObjectStore
from kubelore.settings import Settings
from kubelore_operator.kinds import CHILDREN
from support.cluster import RunningCluster
from support.cluster_api import Body, NamespaceApi
from support.contents import Contents
from support.http import Reply, get, post
from support.processes import wait_until
from support.resources import NamespaceResources

NAMESPACE = "kubelore"
RELEASE = "kubelore"
OPERATOR = f"{RELEASE}-operator"
GATEWAY = f"{RELEASE}-gateway"

SECONDS_TO_START_A_SERVER = 120
SECONDS_TO_PREPARE = 120
SECONDS_TO_INGEST = 240
SECONDS_TO_CLEAN_UP = 120
"""Many times what it takes: two cores may have other things to do."""

CHILD_KINDS = tuple(kind.kind for kind in CHILDREN)

_STORAGE = "storage"
_UID_LABEL = "kubelore.io/uid"
_OPERATION_LABEL = "kubelore.io/operation"
_JOB_LABEL = "batch.kubernetes.io/job-name"
_INDEX_LABEL = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True, slots=True)
class Installation:
    """A running Kubelore; everything is in the one namespace that it serves."""

    cluster: RunningCluster
    resources: NamespaceResources
    gateway: str
    settings: Settings
    objects: ObjectStore

    @property
    def api(self) -> NamespaceApi:
        """The namespace's objects."""
        return self.resources.api

    def openai(self) -> OpenAI:
        """The official client, pointed at the gateway; it tries once."""
        return OpenAI(base_url=f"{self.gateway}/v1", api_key="none", max_retries=0)

    def chat(self, question: str, knowledge_base: str) -> Reply:
        """Ask a question."""
        return post(f"{self.gateway}/chat", {"query": question, "knowledge_base": knowledge_base})

    def search(self, question: str, knowledge_base: str) -> list[Body]:
        """Return the passages that fit best, the best one first."""
        reply = post(f"{self.gateway}/v1/vector_stores/{knowledge_base}/search", {"query": question})
        assert reply.status == 200, reply.body
        passages: list[Body] = reply.json["data"]
        return passages

    def task_status(self, task_id: str) -> Body:
        """Return what the gateway says of a task."""
        reply = get(f"{self.gateway}/task-status/{task_id}")
        assert reply.status == 200, reply.body
        status: Body = reply.json
        return status

    def contents(self, knowledge_base: str) -> Contents:
        """Look into a knowledge base's stores."""
        return Contents(NAMESPACE, knowledge_base, self.objects, self.settings)

    def children(self, owner: Body) -> list[str]:
        """List what belongs to a resource, as `Kind/name`, also when the resource itself has gone."""
        uid = owner["metadata"]["uid"]
        return [
            f"{kind}/{body['metadata']['name']}"
            for kind in CHILD_KINDS
            for body in self.api.list(kind)
            if body["metadata"].get("labels", {}).get(_UID_LABEL) == uid
        ]

    def wait_until_childless(self, owner: Body) -> None:
        """Return once nothing belongs to a resource any more."""
        name = f"{owner['kind']} {owner['metadata']['name']}"
        wait_until(f"{name} has no child", lambda: not self.children(owner), SECONDS_TO_CLEAN_UP)

    def jobs(self, task: Body) -> list[Body]:
        """Return the Jobs that work a task's documents: one, if all is well."""
        uid = task["metadata"]["uid"]
        labels = ((job, job["metadata"]["labels"]) for job in self.api.list("Job"))
        return [job for job, its in labels if its.get(_UID_LABEL) == uid and its.get(_OPERATION_LABEL) != "plan"]

    def pods(self, job: Body, shard: int = 0) -> list[Body]:
        """Return the pods that a Job has had for a shard, the oldest first."""
        wanted = {_JOB_LABEL: job["metadata"]["name"], _INDEX_LABEL: str(shard)}
        pods = [pod for pod in self.api.list("Pod") if wanted.items() <= pod["metadata"].get("labels", {}).items()]
        return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    @contextmanager
    def objects_under(self, prefix: str, contents: Mapping[str, bytes]) -> Iterator[None]:
        """Put documents under a prefix that is empty otherwise, and take them away again."""
        self.objects.delete([info.key for info in self.objects.list(prefix)])
        for name, content in contents.items():
            self.objects.put(f"{prefix}{name}", content)
        try:
            yield
        finally:
            self.objects.delete([info.key for info in self.objects.list(prefix)])

    @contextmanager
    def model_server(self, name: str = "", **spec: Any) -> Iterator[str]:
        """Run an LLMServer, by default an embedder that is Ready, and yield its name."""
        name = name or f"server-{uuid4().hex[:8]}"
        defaults = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
        self.resources.create("LLMServer", name, defaults | spec)
        try:
            if not spec:
                self.resources.wait_for_condition("LLMServer", name, "Ready", "True", seconds=SECONDS_TO_START_A_SERVER)
            yield name
        finally:
            self.api.delete("LLMServer", name)

    def model_server_pods(self, name: str) -> list[Body]:
        """Return an LLMServer's pods."""
        wanted = {"kubelore.io/kind": "LLMServer", "kubelore.io/name": name}
        return [pod for pod in self.api.list("Pod") if wanted.items() <= pod["metadata"]["labels"].items()]

    def model_server_pod(self, name: str) -> Body:
        """Return an LLMServer's pod once it is its only one."""
        wait_until(f"LLMServer {name} has one pod", lambda: len(self.model_server_pods(name)) == 1, 60)
        return self.model_server_pods(name)[0]

    @contextmanager
    def knowledge_base(self, embedder: str | None = None, **spec: Any) -> Iterator[Contents]:
        """Make a knowledge base that goes with all its data, and yield it once it is Ready.

        Without an embedder its workers and the gateway embed in process.
        """
        name = f"kb-{uuid4().hex[:8]}"
        embedding = {"llmServerRef": {"name": embedder}} if embedder else {"builtin": "all-MiniLM-L6-v2"}
        defaults = {"embedding": embedding, "deletionPolicy": "Delete"}
        self.resources.create("KnowledgeBase", name, defaults | spec)
        try:
            self.resources.wait_for_condition("KnowledgeBase", name, "Ready", "True", seconds=SECONDS_TO_PREPARE)
            yield self.contents(name)
        finally:
            self.delete("KnowledgeBase", name)
            self._delete_uploads(name)

    @contextmanager
    def task(self, knowledge_base: str, source: Body, **spec: Any) -> Iterator[Body]:
        """Make an IngestTask, and take it away again."""
        name = f"task-{uuid4().hex[:8]}"
        spec = {"knowledgeBaseRef": {"name": knowledge_base}, "source": source, **spec}
        try:
            yield self.resources.create("IngestTask", name, spec)
        finally:
            self.delete("IngestTask", name)

    def completed(self, task: Body, seconds: float = SECONDS_TO_INGEST) -> Body:
        """Return the status of a task once it is COMPLETED."""
        return self.resources.wait_for_phase(task["metadata"]["name"], "COMPLETED", seconds)

    def delete(self, kind: str, name: str) -> None:
        """Begin to delete a resource; one that has gone already is fine."""
        if self.api.get(kind, name) is not None:
            self.api.delete(kind, name)

    def _delete_uploads(self, knowledge_base: str) -> None:
        for task in self.api.list("IngestTask"):
            if task["spec"]["knowledgeBaseRef"]["name"] == knowledge_base:
                self.delete("IngestTask", task["metadata"]["name"])

    def scale(self, namespace: str, deployment: str, replicas: int) -> None:
        """Have so many pods of a Deployment, and return when it is so."""
        scaled = f"deployment/{deployment}"
        self.cluster.kubectl("scale", f"--namespace={namespace}", scaled, f"--replicas={replicas}")
        if replicas:
            self.cluster.kubectl("rollout", "status", f"--namespace={namespace}", scaled, "--timeout=120s")
            return
        words = (f"--namespace={namespace}", f"--selector=app={deployment}", "--timeout=120s")
        self.cluster.kubectl("wait", "pod", "--for=delete", *words)

    def wait_until_ready(self) -> None:
        """Return once the gateway says that it is ready."""
        wait_until("the gateway is ready", lambda: _answers(f"{self.gateway}/readyz"), 120)

    def wait_until_unready(self) -> None:
        """Return once the gateway's pod is sent no requests any more."""
        words = (f"--namespace={NAMESPACE}", "--selector=app.kubernetes.io/component=gateway")
        self.cluster.kubectl("wait", "pod", *words, "--for=condition=Ready=False", "--timeout=120s")


@contextmanager
def open_installation(cluster: RunningCluster) -> Iterator[Installation]:
    """Find the release in the test cluster; skip the test where `make deploy` has not put one there."""
    connection = config.new_client_from_config(str(cluster.kubeconfig))
    api = NamespaceApi(connection, NAMESPACE)
    if api.get("Deployment", OPERATOR) is None:
        pytest.skip("Kubelore is not in the test cluster: run `make deploy`")
    with ExitStack() as stack:

        def address(namespace: str, service: str, port: int) -> str:
            return f"http://{stack.enter_context(cluster.endpoint(namespace, service, port))}"

        settings = _stores(cluster, address)
        objects = make_object_store(settings)
        objects.ensure()
        yield Installation(cluster, NamespaceResources(api), address(NAMESPACE, GATEWAY, 80), settings, objects)


def _stores(cluster: RunningCluster, address: Callable[[str, str, int], str]) -> Settings:
    """Return the installation's stores as this machine reaches them."""
    secret = cluster.get(_STORAGE, "secret", "minio")["data"]
    return Settings(
        object_store=f"{address(_STORAGE, 'minio', 9000)}/kubelore",
        s3_access_key=SecretStr(_decoded(secret["accessKey"])),
        s3_secret_key=SecretStr(_decoded(secret["secretKey"])),
        vector_store=address(_STORAGE, "milvus", 19530),
    )


def read_folder(folder: Path, pattern: str = "**/*") -> dict[str, bytes]:
    """Read the files under a folder, by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def _answers(url: str) -> bool:
    try:
        return get(url).status == 200
    except OSError:
        return False
