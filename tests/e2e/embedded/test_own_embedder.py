"""An LLMServer of engine embedder with a model of its own under `kubelore up`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.http import post
from support.laptop import Laptop, descendants, is_alive
from support.model_server import ModelServer, model_server
from support.processes import wait_until
from support.tiny_model import HIDDEN, write_tiny_cross_encoder, write_tiny_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SECONDS = 180.0
MANIFESTS = """
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: own}
spec: {engine: embedder, serves: [embedding], model: {name: own, source: {huggingFace: {repo: us/own}}}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: judge}
spec: {engine: embedder, serves: [rerank], model: {name: judge, source: {huggingFace: {repo: us/judge}}}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec:
  embedding: {llmServerRef: {name: own}}
  reranker: {llmServerRef: {name: judge}}
  retrieval: {rerank: true}
---
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: note}
spec:
  knowledgeBaseRef: {name: handbook}
  source: {inline: {filename: fox.md, text: "the quick brown fox jumps over a lazy dog"}}
"""


def files_under(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ModelServer]:
    with model_server() as server:
        server.serve_hub("us/own", files_under(write_tiny_model(tmp_path / "own")))
        server.serve_hub("us/judge", files_under(write_tiny_cross_encoder(tmp_path / "judge")))
        yield server


def test_its_model_is_fetched_and_embeds_and_reranks(laptop: Laptop, hub: ModelServer) -> None:
    laptop.variables = {"HF_ENDPOINT": hub.url("")}
    laptop.write("all", MANIFESTS)
    with laptop.running():
        for line in ("LLMServer own: ready", "LLMServer judge: ready", "IngestTask note (fox.md): completed"):
            laptop.until_it_says(line, SECONDS)
        embedded = post(f"{laptop.url}/v1/embeddings", {"model": "own", "input": "quick fox"})
        found = post(f"{laptop.url}/v1/vector_stores/handbook/search", {"query": "quick fox"})
        processes = descendants(laptop.pid)
        laptop.kill()

    assert len(embedded.json["data"][0]["embedding"]) == HIDDEN
    assert [result["filename"] for result in found.json["data"]] == ["fox.md"]
    wait_until("its servers go with it", lambda: not any(map(is_alive, processes)), 60)
