import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Chunking
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.interface import Row, VectorStore
from support.worker import Workshop, assert_exact, one_object, prefix

CHUNKING = Chunking(size=16, overlap=0)
SECONDS_TO_MEET = 60


class InterruptedVectorStore:
    """A real vector store in front of which something happens right after the first write of rows."""

    def __init__(self, store: VectorStore, interruption: Callable[[], object]) -> None:
        self._store = store
        self._interruption = interruption
        self._was_interrupted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        self._store.upsert(collection, rows)
        if not self._was_interrupted:
            self._was_interrupted = True
            self._interruption()


def interrupted(workshop: Workshop, interruption: Callable[[], object]) -> Any:
    return InterruptedVectorStore(make_vector_store(workshop.settings), interruption)


def page(name: str, sentences: int) -> bytes:
    return (f"# {name}\n\n" + "".join(f"Sentence {line} of {name}. " for line in range(sentences))).encode()


def test_two_workers_of_one_shard_leave_each_row_once(workshop: Workshop) -> None:
    for index in range(15):
        workshop.objects().put(f"in/{index}.md", page(f"Page {index}", 10))
    spec = workshop.spec(JobOperation.UPSERT, prefix("in/"), chunking=CHUNKING)

    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(workshop.run, [spec, spec]))

    assert [end.exit_code for end in ends] == [0, 0]
    assert_exact(workshop, 15, "uid-1")


def test_two_contents_of_one_document_at_once_leave_exactly_one_of_them(workshop: Workshop) -> None:
    uploads = {"a": page("Short", 3), "b": page("Long", 30)}
    for name, content in uploads.items():
        workshop.objects().put(f"uploads/{name}", content)
    both_have_written = threading.Barrier(2, timeout=SECONDS_TO_MEET)

    def bring_in(name: str) -> int:
        source = one_object(f"uploads/{name}", "page.md")
        spec = workshop.spec(JobOperation.UPSERT, source, f"uid-{name}", chunking=CHUNKING)
        return workshop.run(spec, vectors=interrupted(workshop, both_have_written.wait)).exit_code

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(bring_in, uploads)) == [0, 0]

    assert_exact(workshop, 1)
    assert workshop.count() > 0


def test_a_document_that_is_taken_out_while_it_comes_in_is_whole_in_the_end(workshop: Workshop) -> None:
    workshop.objects().put("in/page.md", page("Page", 20))
    delete = workshop.spec(JobOperation.DELETE, one_object("in/page.md"), "uid-out")
    upsert = workshop.spec(JobOperation.UPSERT, one_object("in/page.md"), "uid-in", chunking=CHUNKING)

    end = workshop.run(upsert, vectors=interrupted(workshop, lambda: workshop.run(delete)))

    assert end.exit_code == 0
    assert_exact(workshop, 1, "uid-in")
    (original,) = workshop.objects().list(workshop.layout.originals)
    assert workshop.objects().get(original.key) == page("Page", 20)
