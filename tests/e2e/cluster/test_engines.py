"""Every engine runs its real server, with models from every place, and answers through its Service."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from kubelore_ingest.model_fetch.journal import Journal
from kubelore_ingest.model_fetch.names import PARTIAL_NAME
from support.cluster_api import Body
from support.contents import assert_exact
from support.installation import NAMESPACE, Installation
from support.model_client import ModelClient
from support.model_sources import (
    BUCKET,
    CHAT_FILE,
    EMBEDDING_FILE,
    EMBEDDING_TAG,
    FOLDER,
    PublishedModels,
    filled_claim,
    holding_server,
    publish_models,
    running_registry,
)
from support.pod_killer import pod_killer
from support.processes import wait_until
from testcluster.errors import ClusterError

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SECONDS_TO_BE_READY = 300
LEAST_COSINE = 0.999
TEXTS = [
    "How do I install Kubelore on a laptop?",
    "如何在笔记本电脑上安装 Kubelore？",
    "naïve café: E = mc², don't",
    "A server is Ready when its model answers. " * 12,
]
JOURNALS = f"""\
from pathlib import Path
print(*(path.read_text() for path in Path("/models").glob("*/{PARTIAL_NAME}/*.journal")))
"""
SMALL: Body = {"resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}, "cache": {"size": "1Gi"}}
EMBEDDING: Body = {"serves": ["embedding"], "contextLength": 512, "parallel": 1, **SMALL}
CHAT: Body = {"engine": "llamacpp", "serves": ["chat"], "contextLength": 1024, "parallel": 1, **SMALL}


@pytest.fixture(scope="module")
def models(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> PublishedModels:
    return publish_models(installation, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def client(installation: Installation) -> ModelClient:
    return ModelClient(installation)


@contextmanager
def ready_server(installation: Installation, **spec: object) -> Iterator[str]:
    with installation.model_server(**spec) as name:
        installation.resources.wait_for_condition("LLMServer", name, "Ready", "True", seconds=SECONDS_TO_BE_READY)
        yield name


def ollama(registry: str) -> Body:
    source = {"ollama": {"tag": EMBEDDING_TAG, "registry": registry, "insecure": True}}
    return {"engine": "ollama", "model": {"name": "all-minilm", "source": source}, **EMBEDDING}


def llama_server(source: Body, **model: object) -> Body:
    return {"engine": "llamacpp", "model": {"name": "all-minilm", "source": source, **model}, **EMBEDDING}


def is_ready(pod: Body) -> bool:
    return any(status["ready"] for status in pod["status"].get("containerStatuses", ()))


@pytest.fixture(scope="module")
def ollama_server(installation: Installation, models: PublishedModels) -> Iterator[str]:
    """An Ollama with its model, whose registry has gone again."""
    with ExitStack() as stack:
        with running_registry(installation.cluster, models) as registry:
            server = stack.enter_context(ready_server(installation, **ollama(registry)))
        gone = f"namespace/{registry.split('.')[1]}"
        installation.cluster.kubectl("wait", gone, "--for=delete", "--timeout=120s")
        yield server


@pytest.fixture(scope="module")
def llama_from_s3(installation: Installation, models: PublishedModels) -> Iterator[str]:
    source = {"s3": {"bucket": BUCKET, "key": EMBEDDING_FILE}}
    sha256 = hashlib.sha256(models.files[EMBEDDING_FILE]).hexdigest()
    with ready_server(installation, **llama_server(source, sha256=sha256)) as server:
        yield server


@pytest.mark.parametrize("engine", ["ollama_server", "llama_from_s3"])
def test_it_embeds_as_our_own_embedder_does(
    engine: str, request: pytest.FixtureRequest, client: ModelClient, embedder: str
) -> None:
    vectors = client.embed(request.getfixturevalue(engine), TEXTS)
    assert (vectors * client.embed(embedder, TEXTS)).sum(axis=1).min() >= LEAST_COSINE


def test_ollama_comes_back_without_its_registry(
    installation: Installation, client: ModelClient, ollama_server: str
) -> None:
    before = client.embed(ollama_server, TEXTS)
    old = installation.model_server_pod(ollama_server)
    installation.api.delete("Pod", old["metadata"]["name"])

    def is_replaced() -> bool:
        new = installation.model_server_pod(ollama_server)
        return new["metadata"]["uid"] != old["metadata"]["uid"] and is_ready(new)

    wait_until("another pod is ready", is_replaced, SECONDS_TO_BE_READY)
    assert np.allclose(client.embed(ollama_server, TEXTS), before, atol=1e-5)


def test_a_knowledge_base_is_embedded_by_ollama(installation: Installation, ollama_server: str) -> None:
    text = "# Moving in\n\nThe key to the cellar hangs behind the kitchen door.\n"
    source = {"inline": {"filename": "house.md", "text": text}}
    with (
        installation.knowledge_base(ollama_server) as contents,
        installation.task(contents.knowledge_base, source) as task,
    ):
        installation.completed(task)
        assert_exact(contents, task["metadata"]["uid"], documents=1)
        reply = installation.chat("Where is the cellar key?", contents.knowledge_base)
        assert "kitchen door" in reply.json["answer"]
        assert reply.json["sources"][0]["document"] == "house.md"


def test_llama_server_chats_with_a_model_from_an_address(
    installation: Installation, client: ModelClient, models: PublishedModels
) -> None:
    source = {"http": {"url": models.url(CHAT_FILE)}}
    with ready_server(installation, **CHAT, model={"name": "babble", "source": source}) as server:
        assert client.chat(server, "Hello?").strip()


def test_llama_server_chats_with_a_model_from_a_volume_and_external_leads_there(
    installation: Installation, client: ModelClient, models: PublishedModels
) -> None:
    with filled_claim(installation, models, CHAT_FILE) as claim:
        model = {"name": "babble", "source": {"pvc": {"claimName": claim, "path": CHAT_FILE}}}
        with ready_server(installation, **CHAT, model=model) as server:
            assert client.chat(server, "Hello?").strip()
            endpoint = installation.resources.status("LLMServer", server)["endpoint"]
            external = {"engine": "external", "serves": ["chat"], "model": {"name": "babble"}}
            with ready_server(installation, **external, external={"baseURL": endpoint}) as outside:
                assert client.chat(outside, "Hello?").strip()


def test_vllm_is_told_what_the_resource_says(
    installation: Installation, client: ModelClient, models: PublishedModels
) -> None:
    spec = {
        "engine": "vllm",
        "serves": ["chat"],
        "model": {"name": "large", "source": {"s3": {"bucket": BUCKET, "key": FOLDER}}},
        "accelerator": {"resourceName": "nvidia.com/gpu", "count": 2},
        "contextLength": 2048,
        "parallel": 4,
    }
    with ready_server(installation, **SMALL, **spec) as server:
        told = json.loads(client.chat(server, "What do you see?"))
    assert told == {
        "files": sorted(models.folder),
        "name": "large",
        "devices": 2,
        "context": 2048,
        "requests": 4,
        "runner": "auto",
        "key": "",
        "shares_memory": True,
        "writes_home": True,
    }


def fetched_bytes(installation: Installation, pod: Body) -> int:
    """Return how many bytes the volume holds for sure: those that a fetch goes on from."""
    words = (
        f"--namespace={NAMESPACE}",
        pod["metadata"]["name"],
        "--container=fetch-model",
        "--",
        "python3",
        "-c",
        JOURNALS,
    )
    try:
        text = installation.cluster.kubectl("exec", *words).strip()
    except ClusterError:
        return 0
    return sum(segment.done for segment in Journal.model_validate_json(text).segments) if text else 0


def test_a_killed_download_goes_on_where_it_was(
    installation: Installation, client: ModelClient, models: PublishedModels, embedder: str
) -> None:
    content = models.files[EMBEDDING_FILE]
    sha256 = hashlib.sha256(content).hexdigest()
    with (
        pod_killer(installation.cluster) as killer,
        holding_server(installation.cluster, models, EMBEDDING_FILE) as holding,
        installation.model_server(**llama_server({"http": {"url": holding.url}}, sha256=sha256)) as server,
    ):
        pod = installation.model_server_pod(server)
        half = len(content) // 2
        wait_until("half of the file is on the volume", lambda: fetched_bytes(installation, pod) >= half, 120)
        killer.kill(pod)
        holding.go_on()
        installation.resources.wait_for_condition("LLMServer", server, "Ready", "True", seconds=SECONDS_TO_BE_READY)

        assert holding.go_on() < len(content) + half // 2
        (fetch,) = installation.model_server_pod(server)["status"]["initContainerStatuses"]
        assert fetch["restartCount"] == 1
        assert installation.resources.status("LLMServer", server)["model"]["digest"] == f"sha256:{sha256}"
        assert (client.embed(server, TEXTS) * client.embed(embedder, TEXTS)).sum(axis=1).min() >= LEAST_COSINE
