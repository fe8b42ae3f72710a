"""OpenAI's own clients against the gateway's Service."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.installation import Installation
from support.official_clients import (
    QUESTION,
    assert_knows_the_keeper,
    install_node_client,
    stream_by_node,
    stream_by_python,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

NOTE = {"inline": {"filename": "note.md", "text": "# Lighthouse\n\nThe lighthouse keeper is called Ada Brandt.\n"}}


@pytest.fixture(scope="module")
def lighthouse(installation: Installation, embedder: str) -> Iterator[str]:
    """The name of a knowledge base that knows the keeper."""
    with installation.knowledge_base(embedder) as contents, installation.task(contents.knowledge_base, NOTE) as task:
        installation.completed(task)
        yield contents.knowledge_base


def test_the_python_clients_streaming_helpers_work(installation: Installation, lighthouse: str) -> None:
    assert_knows_the_keeper(stream_by_python(installation.gateway, lighthouse, QUESTION))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_node_clients_streaming_helpers_work(installation: Installation, lighthouse: str, tmp_path: Path) -> None:
    assert_knows_the_keeper(stream_by_node(install_node_client(tmp_path), installation.gateway, lighthouse, QUESTION))
