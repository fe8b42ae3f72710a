"""The whole way on real documents: 224 pages in two languages, ingested, found, and not lost by a kill."""

from collections.abc import Iterator

import pytest

from kubelore.documents.layout import Layout
from kubelore.documents.record import DocumentRecord, DocumentState
from kubelore.documents.result import ResultManifest
from kubelore.vectorstore.filters import And, Compare, Comparison
from kubelore.vectorstore.milvus import MilvusStore
from kubelore.vectorstore.names import CollectionNames
from support.corpus import put_corpus
from support.http import post
from support.laptop import Laptop, descendants, is_alive
from support.processes import wait_until

pytestmark = pytest.mark.slow

PAGES = "[ez][nh]/**/*.md*"
LAYOUT = Layout("default", "rustfs")
COLLECTION = CollectionNames("default", "rustfs").collection(1)

BASE = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: rustfs}
spec: {embedding: {builtin: all-MiniLM-L6-v2}, chunking: {strategy: markdown}}
"""


def task(name: str, prefix: str = "docs/") -> str:
    return f"""
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {{name: {name}}}
spec: {{knowledgeBaseRef: {{name: rustfs}}, source: {{prefix: {{prefix: {prefix}}}}}}}
"""


def ask(laptop: Laptop, question: str) -> list[str]:
    reply = post(f"{laptop.url}/chat", {"query": question})
    assert reply.status == 200, reply.body
    return [source["document"] for source in reply.json["sources"]]


def manifests(laptop: Laptop, name: str) -> list[ResultManifest]:
    found = [laptop.objects.get(info.key) for info in laptop.objects.list(f"{LAYOUT.root}results/")]
    return [manifest for manifest in map(ResultManifest.model_validate_json, found) if manifest.task == name]


def records(laptop: Laptop) -> list[DocumentRecord]:
    found = [laptop.objects.get(info.key) for info in laptop.objects.list(LAYOUT.records)]
    return [DocumentRecord.model_validate_json(record) for record in found]


def rows(laptop: Laptop) -> tuple[int, int]:
    """Return the chunks and the documents that the stopped laptop's Milvus holds."""
    store = MilvusStore(str(laptop.state / "milvus.db"))
    try:
        return store.count(COLLECTION, And(())), store.count(COLLECTION, Compare("chunk_id", Comparison.EQ, 0))
    finally:
        store.close()


def kill_once_it_has(laptop: Laptop, pages: float) -> None:
    """Kill `kubelore up` in the middle, and see that every process of it goes."""
    wait_until("some pages are in", lambda: len(records(laptop)) > pages, 300)
    processes = descendants(laptop.pid)
    laptop.kill()
    wait_until("its processes are gone", lambda: not any(map(is_alive, processes)))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A laptop that has brought the whole corpus in, once by a task, and once more by another."""
    laptop = Laptop(tmp_path_factory.mktemp("corpus"))
    keys = put_corpus(laptop.objects, PAGES)
    assert len(keys) == 224
    laptop.write("all", BASE, task("first"))
    with laptop.running():
        laptop.until_it_says("IngestTask first: completed", 600)
        laptop.write("again", task("second"))
        laptop.until_it_says("IngestTask second: completed", 120)
        yield laptop


def test_every_page_is_completed(corpus: Laptop) -> None:
    states = [record.state for record in records(corpus)]

    assert len(states) == 224
    assert set(states) == {DocumentState.COMPLETED}
    assert sum(manifest.documents.succeeded for manifest in manifests(corpus, "first")) == 224


def test_a_second_task_over_the_same_pages_embeds_nothing(corpus: Laptop) -> None:
    again = manifests(corpus, "second")

    assert sum(manifest.embedded for manifest in again) == 0
    assert sum(manifest.documents.skipped for manifest in again) == 224


@pytest.mark.parametrize("question", ["如何在 Docker 中安装 RustFS", "How do I install RustFS in Docker"])
def test_a_question_in_either_language_finds_its_page(corpus: Laptop, question: str) -> None:
    assert any("installation/container/" in document for document in ask(corpus, question)[:3])


def test_killed_in_the_middle_it_goes_on_where_it_was_and_loses_nothing(laptop: Laptop) -> None:
    keys = put_corpus(laptop.objects, "zh/**/*.md*")
    laptop.write("all", BASE, task("pages"))

    for share in (0.2, 0.6):
        laptop.start()
        kill_once_it_has(laptop, share * len(keys))
        assert len(records(laptop)) < len(keys), "it ended before it was killed"

    laptop.start()
    laptop.until_it_says("IngestTask pages: completed", 600)
    assert laptop.interrupt() == 0

    kept = records(laptop)
    assert len(kept) == len(keys)
    assert {record.state for record in kept} == {DocumentState.COMPLETED}
    assert rows(laptop) == (sum(record.chunks for record in kept), len(keys))
