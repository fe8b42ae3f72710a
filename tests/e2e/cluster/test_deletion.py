"""What is left of a knowledge base is what its policy says."""

from collections.abc import Iterator

import pytest

from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.names import CollectionNames
from support.cluster_api import Body
from support.contents import Contents
from support.installation import SECONDS_TO_CLEAN_UP, Installation
from support.pages import CHUNKING, pages

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SOURCE = {"inline": {"filename": "note.md", "text": "# Note\n\nKept or not kept."}}


def delete_and_wait(installation: Installation, contents: Contents) -> Body:
    """Delete a knowledge base and return what it was."""
    name = contents.knowledge_base
    was = installation.api.get("KnowledgeBase", name)
    assert was is not None
    installation.delete("KnowledgeBase", name)
    installation.resources.wait_until_gone("KnowledgeBase", name, SECONDS_TO_CLEAN_UP)
    installation.wait_until_childless(was)
    return was


@pytest.fixture
def retained(installation: Installation, embedder: str) -> Iterator[Contents]:
    with installation.knowledge_base(embedder, deletionPolicy="Retain") as contents:
        yield contents
    vectors = make_vector_store(installation.settings)
    vectors.drop_all(CollectionNames(contents.namespace, contents.knowledge_base).alias)
    vectors.close()
    installation.objects.delete(contents.keys())


def test_retain_leaves_rows_and_objects(installation: Installation, retained: Contents) -> None:
    with installation.task(retained.knowledge_base, SOURCE) as task:
        installation.completed(task)
        rows, keys = retained.rows(), retained.keys()
        delete_and_wait(installation, retained)
    assert len(rows) == 1
    assert retained.rows() == rows
    assert retained.keys() == keys


def test_delete_leaves_nothing_although_a_task_is_running(installation: Installation, embedder: str) -> None:
    with (
        installation.objects_under("going/", pages(12)),
        installation.knowledge_base(embedder, chunking=CHUNKING) as contents,
        installation.task(contents.knowledge_base, {"prefix": {"prefix": "going/"}}) as task,
    ):
        name = task["metadata"]["name"]
        installation.resources.wait_for_phase(name, "PROCESSING", SECONDS_TO_CLEAN_UP)
        delete_and_wait(installation, contents)
        condition = installation.resources.wait_for_condition("IngestTask", name, "Failed", "True")
        assert condition["reason"] == "KnowledgeBaseDeleted"
        assert not contents.has_collection()
        assert contents.keys() == []
