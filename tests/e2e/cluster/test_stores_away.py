"""Stores that are away for a while: work waits for them, says so, and loses nothing."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from support.cluster_api import Body
from support.contents import Contents, assert_exact
from support.installation import NAMESPACE, SECONDS_TO_CLEAN_UP, SECONDS_TO_PREPARE, Installation
from support.pages import CHUNKING, pages
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

PREFIX = "away/"
DOCUMENTS = 24
SECONDS_TO_GIVE_UP = 180
"""A worker tries for a minute before it says so."""


class Waiting:
    """A knowledge base on stores of its own, one of which is a Service that leads nowhere."""

    def __init__(self, installation: Installation, real: str, port: int) -> None:
        self.name = f"{real}-{uuid4().hex[:8]}"
        self.address = f"http://{self.name}.{NAMESPACE}.svc:{port}"
        self._installation = installation
        self._real = real
        self._port = port

    def create(self, embedder: str, storage: Body) -> None:
        """Make the Service and the knowledge base, both of the same name."""
        spec = {"ports": [{"port": self._port}]}
        self._installation.api.create(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": self.name}, "spec": spec}
        )
        embedding = {"llmServerRef": {"name": embedder}}
        kb = {"embedding": embedding, "storage": storage, "deletionPolicy": "Delete"}
        self._installation.resources.create("KnowledgeBase", self.name, kb)

    def wait_until_shown(self) -> str:
        """Return what the knowledge base says of its store, once it has given up on it."""
        condition = self._installation.resources.wait_for_condition(
            "KnowledgeBase", self.name, "StorageReachable", "False", "StorageUnreachable", SECONDS_TO_GIVE_UP
        )
        message: str = condition["message"]
        return message

    def connect(self) -> None:
        """Let the Service lead to the real store."""
        words = (
            "pod",
            "--namespace=storage",
            f"--selector=app={self._real}",
            "--output=jsonpath={.items[0].status.podIP}",
        )
        address = self._installation.cluster.kubectl("get", *words)
        labels = {"kubernetes.io/service-name": self.name}
        self._installation.cluster.apply(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {"name": self.name, "namespace": NAMESPACE, "labels": labels},
                "addressType": "IPv4",
                "ports": [{"port": self._port}],
                "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
            }
        )

    def give_up(self) -> None:
        """Delete the knowledge base, and let it go with its data left behind."""
        self._installation.delete("KnowledgeBase", self.name)
        if self._installation.api.get("KnowledgeBase", self.name) is not None:
            change = {"metadata": {"annotations": {"kubelore.io/skip-cleanup": "true"}}}
            self._installation.api.patch("KnowledgeBase", self.name, change)

    def remove(self) -> None:
        """Take away what is left."""
        self.give_up()
        self._installation.resources.wait_until_gone("KnowledgeBase", self.name, SECONDS_TO_CLEAN_UP)
        self._installation.api.delete("Service", self.name)


@pytest.fixture(scope="module", autouse=True)
def without_vectors(installation: Installation, embedder: str) -> Iterator[Waiting]:
    """A knowledge base whose Milvus is away; made before all else, because its worker tries for a minute."""
    waiting = Waiting(installation, "milvus", 19530)
    waiting.create(embedder, {"vectorStore": {"uri": waiting.address}})
    yield waiting
    waiting.remove()


@pytest.fixture(scope="module", autouse=True)
def without_objects(installation: Installation, embedder: str) -> Iterator[Waiting]:
    """A knowledge base whose bucket is away, made as early."""
    waiting = Waiting(installation, "minio", 9000)
    secret = {"name": "kubelore-storage"}
    waiting.create(embedder, {"objectStore": {"url": f"{waiting.address}/kubelore", "secretRef": secret}})
    yield waiting
    waiting.remove()


@pytest.fixture
def library(installation: Installation, embedder: str) -> Iterator[Contents]:
    with (
        installation.objects_under(PREFIX, pages(DOCUMENTS)),
        installation.knowledge_base(embedder, chunking=CHUNKING) as contents,
    ):
        yield contents


@pytest.mark.parametrize("store", ["milvus", "minio"])
def test_a_task_outlasts_a_store(installation: Installation, library: Contents, store: str) -> None:
    with installation.task(library.knowledge_base, {"prefix": {"prefix": PREFIX}}, parallelism=2) as task:
        wait_until("rows are written", lambda: library.count() > 0, 120)
        try:
            installation.scale("storage", store, 0)
            installation.wait_until_unready()
        finally:
            installation.scale("storage", store, 1)
        installation.completed(task)
        assert_exact(library, task["metadata"]["uid"], DOCUMENTS)
    installation.wait_until_ready()


def test_a_vector_store_that_does_not_answer_is_named_and_waited_for(
    installation: Installation, without_vectors: Waiting
) -> None:
    assert "vector store" in without_vectors.wait_until_shown()

    without_vectors.connect()

    wait_for = installation.resources.wait_for_condition
    wait_for("KnowledgeBase", without_vectors.name, "Ready", "True", seconds=SECONDS_TO_PREPARE)
    wait_for("KnowledgeBase", without_vectors.name, "StorageReachable", "True")


def test_a_knowledge_base_whose_bucket_does_not_answer_can_be_let_go(
    installation: Installation, without_objects: Waiting
) -> None:
    assert "object store" in without_objects.wait_until_shown()

    installation.delete("KnowledgeBase", without_objects.name)
    deleting = installation.resources.wait_for_condition(
        "KnowledgeBase", without_objects.name, "Ready", "False", "Deleting"
    )
    assert deleting["message"]

    without_objects.give_up()
    installation.resources.wait_until_gone("KnowledgeBase", without_objects.name)
