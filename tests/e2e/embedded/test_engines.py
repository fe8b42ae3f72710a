"""LLMServers of the engines ollama and llamacpp under `kubelore up`, on the real programs with tiny models."""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.gguf_models import write_tiny_chat
from support.http import get, post
from support.laptop import Laptop, descendants, is_alive
from support.model_registry import registry_files, registry_server
from support.model_server import ModelServer, ServedFile, model_server
from support.processes import free_port, wait_until
from testcluster.errors import ClusterUnavailableError
from testcluster.model_servers import llama_server_folder, ollama_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SECONDS = 180.0

BASE = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec:
  embedding: {builtin: all-MiniLM-L6-v2}
  chat: {llmServerRef: {name: chat}, maxTokens: 8}
"""

NOTE = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: note}
spec:
  knowledgeBaseRef: {name: handbook}
  source: {inline: {filename: note.md, text: "# Lighthouse\\n\\nThe lighthouse keeper is called Ada Brandt."}}
"""


def server(engine: str, name: str, source: str) -> str:
    return f"""
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {{name: chat}}
spec:
  engine: {engine}
  serves: [chat]
  contextLength: 2048
  model: {{name: {name}, source: {source}}}
"""


@dataclass(frozen=True)
class Programs:
    """Where the engines' programs lie."""

    ollama: Path
    llama_server: Path


@pytest.fixture(scope="module")
def programs() -> Programs:
    try:
        return Programs(ollama_folder(), llama_server_folder())
    except ClusterUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_chat(tmp_path_factory.mktemp("model") / "chat.gguf").read_bytes()


@pytest.fixture
def files(gguf: bytes) -> Iterator[ModelServer]:
    with model_server() as server:
        server.serve("/chat.gguf", ServedFile(gguf))
        for path, content in registry_files("library/tiny", "1b", gguf, "llama").items():
            server.serve(f"/{path}", ServedFile(content))
        yield server


@pytest.fixture
def registry(files: ModelServer) -> Iterator[str]:
    """The address of a registry that sends everybody on to the files."""
    with registry_server("127.0.0.1", 0, files.url("", host="localhost")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def laptop(laptop: Laptop, tmp_path: Path) -> Laptop:
    """A laptop with an Ollama folder of its own, and nothing that answers at OLLAMA_HOST."""
    laptop.variables = {
        "HOME": str(tmp_path),
        "OLLAMA_MODELS": str(tmp_path / "ollama"),
        "OLLAMA_HOST": f"127.0.0.1:{free_port()}",
    }
    return laptop


def installed(laptop: Laptop, *folders: Path) -> None:
    laptop.variables["PATH"] = ":".join([*map(str, folders), os.environ["PATH"]])


def assert_that_it_answers_in_the_models_words(laptop: Laptop) -> None:
    laptop.until_it_says("LLMServer chat: ready", SECONDS)
    laptop.until_it_says("IngestTask note (note.md): completed", SECONDS)
    reply = post(f"{laptop.url}/chat", {"query": "What is the lighthouse keeper called?"})
    assert reply.status == 200, reply.body
    assert reply.json["answer"].strip()
    assert "No chat model" not in reply.json["answer"]
    assert reply.json["sources"][0]["document"] == "note.md"


def test_an_installed_ollama_is_started_pulls_its_model_and_answers(
    laptop: Laptop, programs: Programs, registry: str
) -> None:
    source = f'{{ollama: {{tag: "tiny:1b", registry: "{registry}", insecure: true}}}}'
    laptop.write("all", server("ollama", "tiny", source), BASE, NOTE)
    installed(laptop, programs.ollama)
    with laptop.running():
        assert_that_it_answers_in_the_models_words(laptop)
        assert "fetching tiny" in laptop.text
        processes = descendants(laptop.pid)

        assert laptop.interrupt() == 0

    assert not any(map(is_alive, processes))


def test_an_ollama_that_runs_already_is_used_and_stays(
    laptop: Laptop, programs: Programs, registry: str, tmp_path: Path
) -> None:
    source = f'{{ollama: {{tag: "tiny:1b", registry: "{registry}", insecure: true}}}}'
    laptop.write("all", server("ollama", "tiny", source), BASE, NOTE)
    address = f"http://{laptop.variables['OLLAMA_HOST']}"
    environment = {**os.environ, **laptop.variables}
    with (tmp_path / "ollama.log").open("wb") as log:
        ollama = subprocess.Popen([programs.ollama / "ollama", "serve"], env=environment, stdout=log, stderr=log)
    try:
        wait_until("Ollama answers", lambda: _answers(address), SECONDS)
        with laptop.running():
            assert_that_it_answers_in_the_models_words(laptop)
            assert laptop.interrupt() == 0
        assert _answers(address)
    finally:
        ollama.terminate()  # Killed, it would leave its runner behind.
        ollama.wait(60)


def test_an_installed_llama_server_is_started_on_the_fetched_model_and_answers(
    laptop: Laptop, programs: Programs, files: ModelServer
) -> None:
    laptop.write("all", server("llamacpp", "tiny", f'{{http: {{url: "{files.url("/chat.gguf")}"}}}}'), BASE, NOTE)
    installed(laptop, programs.llama_server)
    with laptop.running():
        assert_that_it_answers_in_the_models_words(laptop)
        processes = descendants(laptop.pid)

        laptop.kill()

    wait_until("the server goes with its parent", lambda: not any(map(is_alive, processes)), 60)


def _answers(address: str) -> bool:
    try:
        return get(f"{address}/api/version").status == 200
    except OSError:
        return False
