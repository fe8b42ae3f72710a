"""A knowledge base is cut anew under questions, kept in step with a prefix, and put right, by Jobs in the cluster."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from pymilvus import MilvusClient

from support.asking import Asking
from support.cluster_api import Body
from support.contents import Contents
from support.installation import SECONDS_TO_INGEST, Installation
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

PREFIX = "upkeep/"
SOURCE: Body = {"prefix": {"prefix": PREFIX}}
SECONDS_TO_SYNC = 240
"""A CronJob starts once a minute."""


def page(number: int) -> bytes:
    return (f"# Page {number}\n\n" + "".join(f"Sentence {line} of page {number}. " for line in range(30))).encode()


PAGES = {f"{number}.md": page(number) for number in range(3)}


@pytest.fixture
def pages(installation: Installation) -> Iterator[None]:
    with installation.objects_under(PREFIX, PAGES):
        yield


@contextmanager
def filled_knowledge_base(installation: Installation, **spec: Body) -> Iterator[Contents]:
    with installation.knowledge_base(**spec) as contents, installation.task(contents.knowledge_base, SOURCE) as task:
        installation.completed(task)
        yield contents


def change(installation: Installation, contents: Contents, **spec: Body) -> None:
    installation.api.patch("KnowledgeBase", contents.knowledge_base, {"spec": spec})


def annotate(installation: Installation, contents: Contents, name: str) -> None:
    annotations = {f"kubelore.io/{name}": str(time.time_ns())}
    installation.api.patch("KnowledgeBase", contents.knowledge_base, {"metadata": {"annotations": annotations}})


def found(installation: Installation, contents: Contents) -> int:
    """Search, and return how many passages were found; none where the search failed."""
    try:
        return len(installation.search("Which page has a sentence?", contents.knowledge_base))
    except AssertionError:
        return 0


@pytest.mark.usefixtures("pages")
def test_questions_are_answered_while_it_is_cut_anew_and_taken_back(installation: Installation) -> None:
    with filled_knowledge_base(installation, chunking={"size": 64, "overlap": 0}) as contents:

        def answers_by(generation: int) -> bool:
            status = installation.resources.status("KnowledgeBase", contents.knowledge_base)
            return bool(status["generation"]["active"] == generation)

        with Asking(lambda _: found(installation, contents)).going_on() as asking:
            change(installation, contents, chunking={"size": 32})
            wait_until("the next generation answers", lambda: answers_by(2), SECONDS_TO_INGEST)
            change(installation, contents, generations={"active": 1})
            wait_until("the first generation answers again", lambda: answers_by(1), SECONDS_TO_INGEST)
            seen = len(asking.answers)
            wait_until("a few more answers have come", lambda: len(asking.answers) > seen + 10, 60)

    assert all(asking.answers)


@pytest.mark.usefixtures("pages")
def test_a_prefix_is_kept_in_step(installation: Installation) -> None:
    sync: Body = {"prefix": PREFIX, "schedule": "* * * * *", "maxDeletionPercent": 100}

    def is_in_step(*names: str) -> bool:
        records = contents.records()
        return set(records) == {f"{PREFIX}{name}" for name in names} and contents.count() == sum(
            record.chunks for record in records.values()
        )

    with installation.knowledge_base(sync=sync) as contents:
        wait_until("every page is in", lambda: is_in_step(*PAGES), SECONDS_TO_SYNC)
        installation.objects.delete([f"{PREFIX}0.md"])
        installation.objects.put(f"{PREFIX}new.md", page(9))
        wait_until("it is in step again", lambda: is_in_step("1.md", "2.md", "new.md"), SECONDS_TO_SYNC)
        resources, name = installation.resources, contents.knowledge_base
        resources.wait_for_condition("KnowledgeBase", name, "Synced", "True", seconds=60)


@pytest.mark.usefixtures("pages")
def test_rows_that_are_lost_are_found_and_written_again(installation: Installation) -> None:
    with filled_knowledge_base(installation) as contents:
        resources, name, rows = installation.resources, contents.knowledge_base, contents.count()
        lost = contents.records()[f"{PREFIX}1.md"].document_id
        with closing(MilvusClient(contents.settings.vector_store_uri, dedicated=True)) as milvus:
            milvus.delete(contents.collection, filter=f'document_id == "{lost}"')

        annotate(installation, contents, "verify")
        lacking = resources.wait_for_condition("KnowledgeBase", name, "Consistent", "False", seconds=SECONDS_TO_INGEST)
        annotate(installation, contents, "repair")
        resources.wait_for_condition("KnowledgeBase", name, "Consistent", "True", seconds=SECONDS_TO_INGEST)

        assert (
            f"{PREFIX}1.md" in lacking["message"] or resources.status("KnowledgeBase", name)["verification"]["repaired"]
        )
        assert contents.count() == rows
