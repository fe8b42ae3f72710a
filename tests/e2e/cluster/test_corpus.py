"""A real documentation of 224 pages in two languages, shared out over two pods."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.cluster_api import Body
from support.contents import Contents, assert_exact
from support.corpus import read_corpus
from support.installation import Installation

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

PREFIX = "rustfs/"
DOCUMENTS = 224
SHARDS = 2
SECONDS = 800


@dataclass(frozen=True, slots=True)
class Library:
    """The knowledge base that the documentation is brought into, and the task that did it."""

    installation: Installation
    contents: Contents
    task: Body
    status: Body

    @property
    def source(self) -> Body:
        """Where the documentation lies."""
        return {"prefix": {"prefix": PREFIX}}


@pytest.fixture(scope="module")
def library(installation: Installation, embedder: str) -> Iterator[Library]:
    chunking = {"strategy": "markdown", "size": 384, "overlap": 32}
    with (
        installation.objects_under(PREFIX, read_corpus("*/**/*.md*")),
        installation.knowledge_base(embedder, chunking=chunking) as contents,
        installation.task(contents.knowledge_base, {"prefix": {"prefix": PREFIX}}, parallelism=SHARDS) as task,
    ):
        yield Library(installation, contents, task, installation.completed(task, SECONDS))


def test_all_pages_come_in_by_one_indexed_job(library: Library) -> None:
    assert library.status["documents"] == {"total": DOCUMENTS, "succeeded": DOCUMENTS, "failed": 0, "skipped": 0}
    (job,) = library.installation.jobs(library.task)
    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["completions"] == SHARDS
    assert job["status"]["completedIndexes"] == "0,1"


def test_rows_records_and_manifests_agree(library: Library) -> None:
    assert_exact(library.contents, library.task["metadata"]["uid"], DOCUMENTS)


@pytest.mark.parametrize("question", ["如何在 Docker 中安装 RustFS", "How do I install RustFS in Docker"])
def test_a_question_finds_the_page_about_it_among_the_first_three(library: Library, question: str) -> None:
    reply = library.installation.chat(question, library.contents.knowledge_base)
    documents = [source["document"] for source in reply.json["sources"][:3]]
    assert any("installation/container/" in document for document in documents), documents


def test_a_second_task_embeds_nothing(library: Library) -> None:
    knowledge_base = library.contents.knowledge_base
    before = library.contents.rows()
    with library.installation.task(knowledge_base, library.source, parallelism=SHARDS) as task:
        status = library.installation.completed(task)
        manifests = library.contents.manifests(task["metadata"]["uid"])
    assert status["documents"] == {"total": DOCUMENTS, "succeeded": 0, "failed": 0, "skipped": DOCUMENTS}
    assert sum(manifest.embedded for manifest in manifests) == 0
    assert sum(manifest.documents.skipped for manifest in manifests) == DOCUMENTS
    assert sorted(library.contents.rows(), key=str) == sorted(before, key=str)
