import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kubelore.errors import ErrorCode
from kubelore.jobs.spec import JobOperation, JobSpec
from kubelore.resources.knowledge_base import Chunking
from support.milvus import milvus_server, milvus_uri
from support.minio import minio_server
from support.processes import ServerProcess, wait_until
from support.worker import WorkerEnd, Workshop, assert_exact, one_object, prefix

DOCUMENTS = 30
CHUNKING = Chunking(size=16, overlap=0)


@dataclass(frozen=True, slots=True)
class Site:
    """A knowledge base whose stores can be stopped."""

    workshop: Workshop
    minio: ServerProcess
    milvus: ServerProcess

    def spec(self, uid: str = "uid-1") -> JobSpec:
        return self.workshop.spec(JobOperation.UPSERT, prefix("in/"), uid, chunking=CHUNKING)

    def has_kept(self, folder: str, count: int) -> bool:
        """Whether so many objects of a kind are kept."""
        return sum(1 for _ in self.workshop.objects().list(f"{self.workshop.layout.root}{folder}/")) >= count


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with minio_server(tmp_path) as minio, milvus_server(tmp_path) as milvus:
        settings = minio.settings("bucket").model_copy(update={"vector_store": milvus_uri(milvus)})
        workshop = Workshop(settings, tmp_path)
        workshop.prepare()
        for index in range(DOCUMENTS):
            page = f"# Page {index}\n\n" + "".join(f"Sentence {line} of page {index}. " for line in range(20))
            workshop.objects().put(f"in/{index}.md", page.encode())
        yield Site(workshop, minio.process, milvus)


def start(workshop: Workshop, spec: JobSpec) -> tuple[threading.Thread, list[WorkerEnd]]:
    ends: list[WorkerEnd] = []
    thread = threading.Thread(target=lambda: ends.append(workshop.run(spec)))
    thread.start()
    return thread, ends


def test_a_vector_store_that_comes_back_is_waited_for(site: Site) -> None:
    worker, ends = start(site.workshop, site.spec())
    wait_until("vectors are kept", lambda: site.has_kept("chunks", 1), 60)
    site.milvus.kill()
    wait_until("all vectors of the batch are kept", lambda: site.has_kept("chunks", 10), 60)
    site.milvus.start()
    worker.join()

    assert ends[0].exit_code == 0
    assert_exact(site.workshop, DOCUMENTS, "uid-1")


def test_a_vector_store_that_stays_away_ends_the_worker_for_another_attempt_that_embeds_nothing_twice(
    site: Site,
) -> None:
    impatient = replace(site.workshop, patience_seconds=2.0)
    worker, ends = start(impatient, site.spec())
    wait_until("vectors are kept", lambda: site.has_kept("chunks", 1), 60)
    site.milvus.kill()
    worker.join()

    assert ends[0].exit_code == 1
    assert ends[0].message.failures[0].code is ErrorCode.VECTOR_STORE_UNREACHABLE
    assert ends[0].message.failures[0].retryable
    embedded = site.workshop.manifest("uid-1").embedded
    assert embedded > 0

    site.milvus.start()
    end = site.workshop.run(site.spec())
    assert end.exit_code == 0
    assert site.workshop.manifest("uid-1").embedded + embedded == end.message.chunks
    assert_exact(site.workshop, DOCUMENTS, "uid-1")


def test_an_object_store_that_comes_back_is_waited_for(site: Site) -> None:
    worker, ends = start(site.workshop, site.spec())
    wait_until("originals are kept", lambda: site.has_kept("originals", 3), 60)
    site.minio.kill()
    site.minio.start()
    worker.join()

    assert ends[0].exit_code == 0
    assert_exact(site.workshop, DOCUMENTS, "uid-1")


def test_an_object_store_that_stays_away_is_what_the_worker_reports(site: Site) -> None:
    impatient = replace(site.workshop, patience_seconds=2.0)
    worker, ends = start(impatient, site.spec())
    wait_until("originals are kept", lambda: site.has_kept("originals", 3), 60)
    site.minio.kill()
    worker.join()

    assert ends[0].exit_code == 1
    assert ends[0].message.failures[0].code is ErrorCode.OBJECT_STORE_UNREACHABLE

    site.minio.start()
    assert site.workshop.run(site.spec()).exit_code == 0
    assert_exact(site.workshop, DOCUMENTS, "uid-1")


def test_a_vector_store_that_dies_while_it_is_written_to_holds_every_row_in_the_end(site: Site) -> None:
    worker, ends = start(site.workshop, site.spec())
    wait_until("rows are written", lambda: site.workshop.count() > 0, 60)
    site.milvus.kill()
    site.milvus.start()
    worker.join()

    assert ends[0].exit_code == 0
    assert_exact(site.workshop, DOCUMENTS, "uid-1")


def test_a_collection_that_is_not_there_is_reported_as_such(site: Site) -> None:
    nowhere = replace(site.workshop, knowledge_base="unprepared", patience_seconds=1.0)

    end = nowhere.upsert(one_object("in/1.md"))

    assert end.exit_code == 1
    assert end.message.failures[0].code is ErrorCode.COLLECTION_NOT_FOUND
