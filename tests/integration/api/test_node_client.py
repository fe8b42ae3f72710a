"""OpenAI's Node client, whose own calls are the test."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.fake_chat_server import FakeChatServer
from support.gateway import Gateway

CLIENT = Path(__file__).parents[2] / "support" / "node"

pytestmark = [
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, installed by its lock file."""
    folder = tmp_path_factory.mktemp("node") / "client"
    shutil.copytree(CLIENT, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=240)
    return folder


def test_the_node_client_works_unchanged(gateway: Gateway, chat: FakeChatServer, client: Path) -> None:
    command = ["node", "client.mjs", f"{gateway.url}/v1"]
    ran = subprocess.run(command, cwd=client, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
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
