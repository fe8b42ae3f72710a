"""OpenAI's own clients against `kubelore up`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.http import get
from support.laptop import Laptop
from support.official_clients import (
    QUESTION,
    assert_knows_the_keeper,
    install_node_client,
    stream_by_node,
    stream_by_python,
)
from support.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


MANIFESTS = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec: {embedding: {builtin: all-MiniLM-L6-v2}}
---
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: note}
spec:
  knowledgeBaseRef: {name: handbook}
  source: {inline: {filename: note.md, text: "# Lighthouse\\n\\nThe lighthouse keeper is called Ada Brandt."}}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that knows the keeper."""
    laptop = Laptop(tmp_path_factory.mktemp("laptop"))
    laptop.write("all", MANIFESTS)
    with laptop.running() as running:
        stores = f"{running.url}/v1/vector_stores/handbook/files"
        wait_until("the note has come in", lambda: len(get(stores).json["data"]) == 1, 120)
        yield running.url


def test_the_python_clients_streaming_helpers_work(url: str) -> None:
    assert_knows_the_keeper(stream_by_python(url, "handbook", QUESTION))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_node_clients_streaming_helpers_work(url: str, tmp_path: Path) -> None:
    assert_knows_the_keeper(stream_by_node(install_node_client(tmp_path), url, "handbook", QUESTION))
