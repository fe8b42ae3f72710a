"""A server's API key is replaced while clients go on asking: none of their requests is refused or lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from support.cluster_api import Body
from support.installation import Installation
from support.model_sources import BUCKET, EMBEDDING_FILE, publish_models
from support.processes import wait_until
from support.steady_client import steady_client

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

SECONDS_TO_ROLL_OUT = 300
FEWEST_REQUESTS = 20
KEYS = {"old": "sk-the-old-key", "new": "sk-the-new-key"}
EMBEDDER: Body = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
LLAMA_SERVER: Body = {
    "engine": "llamacpp",
    "serves": ["embedding"],
    "model": {"name": "minilm", "source": {"s3": {"bucket": BUCKET, "key": EMBEDDING_FILE}}},
    "contextLength": 512,
    "parallel": 1,
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
    "cache": {"size": "1Gi"},
}


@pytest.fixture(scope="module")
def keys(installation: Installation) -> Iterator[str]:
    name = f"keys-{uuid4().hex[:8]}"
    installation.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": KEYS})
    yield name
    installation.api.delete("Secret", name)


@pytest.fixture(scope="module", autouse=True)
def models(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> None:
    publish_models(installation, tmp_path_factory.mktemp("models"))


def wait_until_ready(installation: Installation, server: str) -> None:
    installation.resources.wait_for_condition("LLMServer", server, "Ready", "True", seconds=SECONDS_TO_ROLL_OUT)


@contextmanager
def rolled_out(installation: Installation, server: str) -> Iterator[None]:
    """Wait, at the end of the block, until the pods from before it have gone."""
    before = names(installation, server)
    yield
    wait_until(
        "the pods are replaced",
        lambda: len(names(installation, server)) == 1 and not names(installation, server) & before,
        SECONDS_TO_ROLL_OUT,
    )
    wait_until_ready(installation, server)


def names(installation: Installation, server: str) -> set[str]:
    return {pod["metadata"]["name"] for pod in installation.model_server_pods(server)}


@pytest.mark.parametrize("engine", [EMBEDDER, LLAMA_SERVER], ids=["embedder", "llamacpp"])
def test_no_request_is_lost_while_the_key_changes(installation: Installation, keys: str, engine: Body) -> None:
    old, new = ({"name": keys, "key": key} for key in KEYS)

    def change(server: str, **refs: Body | None) -> None:
        installation.api.patch("LLMServer", server, {"spec": refs})

    with installation.model_server(**engine, apiKeySecretRef=old) as server:
        wait_until_ready(installation, server)
        with steady_client(installation, server, KEYS["old"]) as client:
            with rolled_out(installation, server):
                change(server, apiKeySecretRef=new, previousApiKeySecretRef=old)
            client.bear(KEYS["new"])
            with rolled_out(installation, server):
                change(server, previousApiKeySecretRef=None)
        with steady_client(installation, server, KEYS["old"]) as late:
            pass

    assert set(client.answers) == {"200"}, client.answers
    assert client.answers["200"] > FEWEST_REQUESTS
    assert set(late.answers) == {"401"}, late.answers
