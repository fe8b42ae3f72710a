"""The example manifests, from `kubectl apply` to an answer, and from `kubectl delete` to nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.cluster_api import Body
from support.installation import (
    NAMESPACE,
    SECONDS_TO_CLEAN_UP,
    SECONDS_TO_INGEST,
    SECONDS_TO_PREPARE,
    SECONDS_TO_START_A_SERVER,
    Installation,
    read_folder,
)
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[3] / "examples"
RESOURCES = (("LLMServer", "minilm"), ("KnowledgeBase", "docs"), ("IngestTask", "docs"))
QUESTION = "How do I install Kubelore on a laptop?"


@dataclass(frozen=True, slots=True)
class Example:
    """The applied examples, in the end that they came to."""

    installation: Installation
    documents: int
    resources: dict[str, Body]


@pytest.fixture(scope="module")
def documents(installation: Installation) -> Iterator[dict[str, bytes]]:
    contents = read_folder(EXAMPLES / "quickstart" / "documents")
    with installation.objects_under("docs/", contents):
        yield contents


@pytest.fixture(scope="module")
def example(installation: Installation, documents: dict[str, bytes]) -> Iterator[Example]:
    folder, resources = str(EXAMPLES / "cluster"), installation.resources
    installation.cluster.kubectl("apply", f"--namespace={NAMESPACE}", "-f", folder)
    try:
        resources.wait_for_condition("LLMServer", "minilm", "Ready", "True", seconds=SECONDS_TO_START_A_SERVER)
        resources.wait_for_condition("KnowledgeBase", "docs", "Ready", "True", seconds=SECONDS_TO_PREPARE)
        resources.wait_for_phase("docs", "COMPLETED", SECONDS_TO_INGEST)
        wait_until("the documents are counted", lambda: resources.status("KnowledgeBase", "docs")["documents"] > 0)
        found = {kind: installation.api.get(kind, name) or {} for kind, name in RESOURCES}
        yield Example(installation, len(documents), found)
    finally:
        installation.cluster.kubectl("delete", f"--namespace={NAMESPACE}", "--ignore-not-found", "-f", folder)


def test_the_task_brought_every_document_in(example: Example) -> None:
    status = example.resources["IngestTask"]["status"]
    assert status["documents"] == {
        "total": example.documents,
        "succeeded": example.documents,
        "failed": 0,
        "skipped": 0,
    }
    assert status["progress"] == f"{example.documents}/{example.documents}"


def test_kubectl_shows_the_state_in_columns(example: Example) -> None:
    def lines() -> list[str]:
        table = example.installation.cluster.kubectl("get", f"--namespace={NAMESPACE}", "llm,kb,ingest")
        return [" ".join(line.split()) for line in table.splitlines()]

    def counts_are_shown() -> bool:
        return any(line.startswith(f"knowledgebase.kubelore.io/docs True {example.documents} ") for line in lines())

    wait_until("the knowledge base shows its documents", counts_are_shown, 60)
    shown = lines()
    done = f"{example.documents}/{example.documents}"
    assert "NAME ENGINE MODEL READY REPLICAS FETCHED REASON AGE" in shown
    assert any(line.startswith("llmserver.kubelore.io/minilm embedder all-MiniLM-L6-v2 True 1 ") for line in shown)
    assert "NAME READY DOCUMENTS CHUNKS AGE" in shown
    assert "NAME KNOWLEDGE BASE PHASE PROGRESS FAILED AGE" in shown
    assert any(line.startswith(f"ingesttask.kubelore.io/docs docs COMPLETED {done} 0 ") for line in shown)


def test_the_gateways_service_answers_with_sources(example: Example) -> None:
    reply = example.installation.chat(QUESTION, "docs")
    assert reply.status == 200
    assert "make install" in reply.json["answer"]
    assert reply.json["sources"][0]["document"] == "docs/en/install.md"


def test_a_chinese_question_finds_the_chinese_page(example: Example) -> None:
    reply = example.installation.chat("如何在笔记本电脑上安装 Kubelore？", "docs")
    assert reply.json["sources"][0]["document"] == "docs/zh/install.md"


def test_the_official_client_gets_an_answer_with_sources(example: Example) -> None:
    answer = example.installation.openai().chat.completions.create(
        model="docs", messages=[{"role": "user", "content": QUESTION}]
    )
    assert "make install" in (answer.choices[0].message.content or "")
    assert answer.model_dump()["sources"][0]["document"] == "docs/en/install.md"


def test_the_official_client_is_streamed_to(example: Example) -> None:
    events = list(
        example.installation.openai().chat.completions.create(
            model="docs", messages=[{"role": "user", "content": QUESTION}], stream=True
        )
    )
    text = "".join(choice.delta.content or "" for event in events for choice in event.choices)
    assert "make install" in text
    assert events[-1].model_dump()["sources"][0]["document"] == "docs/en/install.md"


def test_deleting_the_resources_leaves_nothing_but_the_documents(example: Example) -> None:
    installation, contents = example.installation, example.installation.contents("docs")
    assert contents.has_collection()
    assert contents.keys()

    manifests = str(EXAMPLES / "cluster")
    words = ("-f", manifests, f"--timeout={SECONDS_TO_CLEAN_UP}s")
    installation.cluster.kubectl("delete", f"--namespace={NAMESPACE}", *words)

    assert not contents.has_collection()
    assert contents.keys() == []
    for owner in example.resources.values():
        installation.wait_until_childless(owner)
    assert len(list(installation.objects.list("docs/"))) == example.documents
