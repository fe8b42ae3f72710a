"""What `kubelore up` does with wrong input, with what goes wrong beside it, and when it is told to stop."""

import os
import signal
import socket
from pathlib import Path

import pytest

from support.http import get, post
from support.laptop import Laptop, descendants, is_alive, run_kubelore
from support.processes import wait_until

pytestmark = pytest.mark.slow

BASE = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec: {embedding: {llmServerRef: {name: embedder}}}
"""

EMBEDDER = """
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: embedder}
spec: {engine: embedder, serves: [embedding], model: {name: all-MiniLM-L6-v2}}
"""

VLLM = """
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: chat}
spec: {engine: vllm, serves: [chat], model: {name: qwen3, source: {huggingFace: {repo: Qwen/Qwen3-4B}}}}
"""

INLINE = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: note}
spec:
  knowledgeBaseRef: {name: handbook}
  source: {inline: {filename: note.md, text: "# Lighthouse\\n\\nThe lighthouse keeper is called Ada Brandt."}}
"""

CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: pages}
data: {harbour.md: "# Harbour\\n\\nThe harbour master is called Elio Ferrante."}
"""

FROM_CONFIG_MAP = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: harbour}
spec: {knowledgeBaseRef: {name: handbook}, source: {configMap: {name: pages, key: harbour.md}}}
"""

DELETE = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: remove}
spec: {operation: Delete, knowledgeBaseRef: {name: handbook}, source: {object: {key: note.md}}}
"""


def answer(laptop: Laptop, question: str) -> str:
    reply = post(f"{laptop.url}/chat", {"query": question})
    assert reply.status == 200, reply.body
    return str(reply.json["answer"])


def milvus_of(laptop: Laptop) -> int:
    """Return the id of the vector store's process."""
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(laptop.pid)}
    return next(pid for pid, command in commands.items() if b"milvus_lite" in command)


def test_everything_of_a_folder_comes_up_and_ends_with_an_interrupt(laptop: Laptop) -> None:
    laptop.write("all", EMBEDDER, BASE, INLINE, CONFIG_MAP, FROM_CONFIG_MAP)
    with laptop.running():
        laptop.until_it_says("IngestTask note (note.md): completed")
        laptop.until_it_says("IngestTask harbour (harbour.md): completed")
        assert "Ada Brandt" in answer(laptop, "What is the lighthouse keeper called?")
        assert "Elio Ferrante" in answer(laptop, "What is the harbour master called?")
        processes = descendants(laptop.pid)

        assert laptop.interrupt() == 0

    assert "stopped" in laptop.text
    assert "Traceback" not in laptop.text
    assert not any(map(is_alive, processes))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_the_middle_of_its_start(laptop: Laptop, number: signal.Signals) -> None:
    laptop.write("all", EMBEDDER, BASE)
    laptop.launch()
    laptop.until_it_says("manifests")
    wait_until("a child runs", lambda: bool(descendants(laptop.pid)))

    assert laptop.interrupt(number) == 0

    assert "Traceback" not in laptop.text


def test_what_is_missing_is_waited_for_by_name_and_goes_on_when_it_comes(laptop: Laptop) -> None:
    laptop.write("task", INLINE)
    with laptop.running():
        laptop.until_it_says("KnowledgeBase default/handbook does not exist yet; the task starts when it does")
        laptop.write("base", BASE)
        laptop.until_it_says("LLMServer default/embedder: the resource does not exist")
        laptop.write("server", EMBEDDER)
        laptop.until_it_says("IngestTask note (note.md): completed")


def test_an_engine_that_needs_a_cluster_takes_one_line_and_nothing_else_stops(laptop: Laptop) -> None:
    laptop.write("all", VLLM, EMBEDDER, BASE, INLINE)
    with laptop.running():
        laptop.until_it_says("IngestTask note (note.md): completed")

        assert laptop.text.count("engine vllm does not run on a laptop") == 1


def test_a_deletion_takes_the_document_out_of_the_answers(laptop: Laptop) -> None:
    laptop.write("all", EMBEDDER, BASE, INLINE, CONFIG_MAP, FROM_CONFIG_MAP)
    with laptop.running():
        laptop.until_it_says("IngestTask harbour (harbour.md): completed")
        laptop.until_it_says("IngestTask note (note.md): completed")
        laptop.write("remove", DELETE)
        laptop.until_it_says("IngestTask remove (note.md): completed")

        assert "Ada Brandt" not in answer(laptop, "What is the lighthouse keeper called?")


def test_the_vector_store_is_started_again_when_it_dies_and_loses_nothing(laptop: Laptop) -> None:
    laptop.write("all", EMBEDDER, BASE, INLINE)
    with laptop.running():
        laptop.until_it_says("IngestTask note (note.md): completed")
        killed = milvus_of(laptop)

        os.kill(killed, signal.SIGKILL)

        laptop.until_it_says("starting it again")
        wait_until("it is ready again", lambda: get(f"{laptop.url}/readyz").status == 200)
        assert "Ada Brandt" in answer(laptop, "What is the lighthouse keeper called?")


def test_a_restart_finds_everything_as_it_was_and_does_nothing_again(laptop: Laptop) -> None:
    laptop.write("all", EMBEDDER, BASE, INLINE)
    with laptop.running():
        laptop.until_it_says("IngestTask note (note.md): completed")

    with laptop.running():
        laptop.until_it_says("KnowledgeBase handbook: ready, 1 document in 1 chunk")
        assert "Ada Brandt" in answer(laptop, "What is the lighthouse keeper called?")
        assert "IngestTask note" not in laptop.text


def test_wrong_manifests_are_refused_by_file_document_and_field(laptop: Laptop) -> None:
    laptop.write("good", EMBEDDER)
    laptop.write("wrong", BASE, BASE.replace("handbook", "faq").replace("llmServerRef", "llmServer"))
    laptop.launch()

    assert laptop.wait() == 1
    assert "wrong.yaml, document 2, spec.embedding.llmServer" in laptop.text
    assert "did you mean llmServerRef?" in laptop.text
    assert "Traceback" not in laptop.text


def test_a_taken_port_is_told_with_what_to_do(laptop: Laptop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        laptop.launch("--port", str(port))

        assert laptop.wait() == 1

    assert f"error: 127.0.0.1:{port}: another program listens there" in laptop.text
    assert "--port" in laptop.text


def test_a_state_folder_takes_one_at_a_time(laptop: Laptop) -> None:
    laptop.write("all", EMBEDDER)
    with laptop.running():
        second = run_kubelore("up", "-f", laptop.manifests, "--state-dir", laptop.state, "--port", "0")

        assert second.returncode == 1
        assert f"process {laptop.pid}" in second.stderr
        assert get(f"{laptop.url}/healthz").status == 200
