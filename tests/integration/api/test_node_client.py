"""OpenAI's Node client, whose own calls are the test."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.fake_chat_server import FakeChatServer
from support.gateway import Gateway
from support.official_clients import install_node_client, run_node

pytestmark = [
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, installed by its lock file."""
    return install_node_client(tmp_path_factory.mktemp("node"))


def test_the_node_client_works_unchanged(gateway: Gateway, chat: FakeChatServer, client: Path) -> None:
    found: dict[str, Any] = json.loads(run_node(client, "client.mjs", f"{gateway.url}/v1"))
    assert {"handbook", "writer"} <= set(found["models"])
    assert found["completion"] == "It opens at nine [1]."
    assert found["streamed"].strip() == found["plain"].strip() == found["completion"]
    assert found["events"][0] == "response.created"
    assert found["events"][-1] == "response.completed"
    assert found["citation"] == "hours.md"
    assert (found["dimension"], found["search"], found["file"]) == (384, "cats.md", "guide.md")
    assert found["attached"] == "in_progress"
    assert found["missing"] == [404, "model"]
    assert len(chat.requests) == 4
