from collections.abc import Callable

import pytest

from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Chunking
from support.processes import wait_until
from support.worker import Workshop, assert_exact, prefix

DOCUMENTS = 40
CHUNKING = Chunking(size=16, overlap=0)

Moment = Callable[[Workshop], bool]


def put_documents(workshop: Workshop, text: str) -> None:
    objects = workshop.objects()
    for index in range(DOCUMENTS):
        page = f"# Page {index}\n\n" + "".join(f"{text} sentence {line} of page {index}. " for line in range(20))
        objects.put(f"in/{index}.md", page.encode())


def has_objects(folder: str, count: int) -> Moment:
    def is_reached(workshop: Workshop) -> bool:
        return sum(1 for _ in workshop.objects().list(f"{workshop.layout.root}{folder}/")) >= count

    return is_reached


def has_rows(workshop: Workshop) -> bool:
    return workshop.count() > 0


MOMENTS: dict[str, Moment] = {
    "before anything is kept": lambda _: True,
    "with the first original": has_objects("originals", 1),
    "with some texts": has_objects("parsed", 5),
    "with some vectors kept": has_objects("chunks", 5),
    "with all vectors of a batch kept": has_objects("chunks", 12),
    "with the first rows": has_rows,
    "with the first record": has_objects("records", 1),
    "with some records": has_objects("records", 9),
    "with most records": has_objects("records", 30),
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_that_is_killed_leaves_what_its_successor_completes(workshop: Workshop, moment: str) -> None:
    put_documents(workshop, "First")
    spec = workshop.spec(JobOperation.UPSERT, prefix("in/"), chunking=CHUNKING)

    worker = workshop.start(spec)
    wait_until(moment, lambda: MOMENTS[moment](workshop) or worker.has_ended, 120)
    worker.kill()
    end = workshop.run(spec)

    assert end.exit_code == 0
    assert end.message.documents.succeeded == DOCUMENTS
    assert_exact(workshop, DOCUMENTS, "uid-1")


@pytest.mark.slow
def test_a_worker_killed_while_it_replaces_documents_leaves_no_row_of_the_old_ones(workshop: Workshop) -> None:
    put_documents(workshop, "First")
    workshop.upsert(prefix("in/"), chunking=CHUNKING)
    put_documents(workshop, "Second, which is longer,")
    spec = workshop.spec(JobOperation.UPSERT, prefix("in/"), "uid-2", chunking=CHUNKING)
    before = workshop.count()

    worker = workshop.start(spec)
    wait_until("the rows change", lambda: workshop.count() != before or worker.has_ended, 120)
    worker.kill()
    end = workshop.run(spec)

    assert end.exit_code == 0
    assert end.message.documents.succeeded == DOCUMENTS
    assert_exact(workshop, DOCUMENTS, "uid-2")


@pytest.mark.slow
def test_vectors_that_a_killed_worker_kept_are_not_embedded_again(workshop: Workshop) -> None:
    put_documents(workshop, "First")
    spec = workshop.spec(JobOperation.UPSERT, prefix("in/"), chunking=CHUNKING)
    worker = workshop.start(spec)
    wait_until("vectors are kept", lambda: has_objects("chunks", 3)(workshop), 120)
    worker.kill()
    kept = sum(1 for _ in workshop.objects().list(f"{workshop.layout.root}chunks/"))

    end = workshop.run(spec)

    embedded = workshop.manifest("uid-1").embedded
    assert kept >= 3
    assert embedded <= end.message.chunks - kept
    assert_exact(workshop, DOCUMENTS, "uid-1")
