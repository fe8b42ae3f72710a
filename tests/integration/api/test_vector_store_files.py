"""Files and vector stores, as the official client walks through them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from kubelore.clock import now, timestamp
from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.layout import Layout
from kubelore.documents.reading import PdfReader
from kubelore.documents.record import DocumentRecord, DocumentState, Failure
from kubelore.documents.result import DocumentCounts
from kubelore.errors import ErrorCode
from kubelore.jobs.generations import first
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, Operation, TaskPhase
from kubelore.resources.knowledge_base import Parsing, PdfParsing
from support.gateway import Gateway
from support.http import get, post

STORE = "handbook"


def kept(gateway: Gateway, name: str = "guide.md", content: bytes = b"# Guide") -> str:
    return gateway.openai().files.create(file=(name, content), purpose="assistants").id


def tasks(gateway: Gateway) -> list[IngestTask]:
    return list(asyncio.run(gateway.resources.ingest_tasks(unfinished_only=True)))


def begin(gateway: Gateway, document: str) -> None:
    """Let a worker be at a document's task."""
    [task] = [
        each for each in tasks(gateway) if each.spec.source.object and each.spec.source.object.document_name == document
    ]
    status = IngestTaskStatus(phase=TaskPhase.PROCESSING, started_at=timestamp(now()))
    asyncio.run(gateway.resources.put_status(task.key, status))


@contextmanager
def finishing(gateway: Gateway, phase: TaskPhase = TaskPhase.COMPLETED) -> Iterator[None]:
    """Let every task that comes end at once, as a worker and the operator would."""
    stop = threading.Event()

    def finish() -> None:
        while not stop.is_set():
            for task in tasks(gateway):
                status = IngestTaskStatus(phase=phase, failures=failures(phase), documents=DocumentCounts(total=1))
                asyncio.run(gateway.resources.put_status(task.key, status))
            stop.wait(0.05)

    thread = threading.Thread(target=finish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def failures(phase: TaskPhase) -> tuple[Failure, ...]:
    if phase is not TaskPhase.FAILED:
        return ()
    failure = Failure(
        document="guide.md", component="parse", code=ErrorCode.DOCUMENT_BROKEN, retryable=False, message="broken"
    )
    return (failure,)


def put_record(gateway: Gateway, document: str, **fields: Any) -> None:
    layout = Layout("default", STORE)
    record = DocumentRecord(
        **{
            "document_id": document,
            "source": f"{document[:4]}.md",
            "tenant": "default",
            "name": "x",
            "state": DocumentState.COMPLETED,
            "version": "v1",
            "updated_at": now(),
            **fields,
        }
    )
    gateway.objects.put(layout.record(document), record.to_json().encode())
    parsed = ParsedDocument(text=f"The text of {document}.")
    gateway.objects.put(layout.parsed(document, "v1"), parsed.to_json().encode())


def test_a_file_is_kept_until_it_is_deleted(gateway: Gateway) -> None:
    client = gateway.openai()
    file = client.files.create(file=("guide.md", b"# Guide"), purpose="assistants")
    assert (file.object, file.filename, file.bytes, file.purpose) == ("file", "guide.md", 7, "assistants")
    assert client.files.retrieve(file.id) == file
    assert client.files.content(file.id).read() == b"# Guide"
    assert file.id in [each.id for each in client.files.list()]
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


def test_the_files_are_listed_page_by_page_the_latest_first(gateway: Gateway) -> None:
    ids = [kept(gateway, f"{number}.md") for number in range(5)]
    listed = [file.id for file in gateway.openai().files.list(limit=2)]
    assert listed[:5] == ids[::-1]
    ascending = [file.id for file in gateway.openai().files.list(limit=3, order="asc")]
    assert ascending[-5:] == ids


def test_the_official_client_uploads_and_waits(gateway: Gateway) -> None:
    with finishing(gateway):
        file = gateway.openai().vector_stores.files.upload_and_poll(
            vector_store_id=STORE, file=("guide.md", b"# Guide"), attributes={"author": "Ann", "year": 2026}
        )
    assert (file.status, file.last_error) == ("completed", None)
    assert file.attributes == {"author": "Ann", "year": "2026"}


def test_the_document_that_is_attached_lies_where_an_upload_lies(gateway: Gateway) -> None:
    file_id = kept(gateway, "lies.md", b"# Lies")
    gateway.openai().vector_stores.files.create(STORE, file_id=file_id, attributes={"author": "Li"})
    [task] = [
        task for task in tasks(gateway) if (source := task.spec.source.object) and source.document_name == "lies.md"
    ]
    assert task.spec.source.object is not None
    assert gateway.objects.get(task.spec.source.object.key) == b"# Lies"
    assert (task.spec.metadata, task.spec.tenant) == ({"author": "Li"}, "default")


def test_a_file_that_fails_says_why(gateway: Gateway) -> None:
    with finishing(gateway, TaskPhase.FAILED):
        file = gateway.openai().vector_stores.files.create_and_poll(kept(gateway), vector_store_id=STORE)
    assert file.status == "failed"
    assert file.last_error is not None
    assert (file.last_error.code, file.last_error.message) == ("invalid_file", "broken")


def test_the_official_client_uploads_a_batch_and_waits(gateway: Gateway) -> None:
    client = gateway.openai()
    with finishing(gateway):
        batch = client.vector_stores.file_batches.upload_and_poll(
            STORE, files=[("a.md", b"# A"), ("b.md", b"# B")], file_ids=[kept(gateway, "c.md")]
        )
    assert (batch.status, batch.file_counts.total, batch.file_counts.completed) == ("completed", 3, 3)
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=STORE, limit=2)
    assert sorted(file.model_dump()["filename"] for file in listed) == ["a.md", "b.md", "c.md"]


def test_a_batch_with_an_unknown_file_takes_none_in(gateway: Gateway) -> None:
    before = len(tasks(gateway))
    with pytest.raises(openai.NotFoundError):
        gateway.openai().vector_stores.file_batches.create(STORE, file_ids=[kept(gateway), "file-" + "0" * 32])
    assert len(tasks(gateway)) == before


def test_a_cancelled_batch_leaves_out_what_nobody_has_begun(gateway: Gateway) -> None:
    client = gateway.openai()
    ids = [kept(gateway, f"cancelled-{number}.md") for number in range(3)]
    batch = client.vector_stores.file_batches.create(STORE, file_ids=ids)
    begin(gateway, "cancelled-1.md")

    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=STORE)

    assert (cancelled.status, cancelled.file_counts.cancelled, cancelled.file_counts.in_progress) == (
        "in_progress",
        2,
        1,
    )
    with finishing(gateway):
        ended = client.vector_stores.file_batches.poll(batch.id, vector_store_id=STORE)
    assert (ended.status, ended.file_counts.cancelled, ended.file_counts.completed) == ("cancelled", 2, 1)
    left_out = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=STORE, filter="cancelled")
    assert {file.id for file in left_out} == {ids[0], ids[2]}


def test_a_batch_is_cancelled_as_well_twice(gateway: Gateway) -> None:
    batches = gateway.openai().vector_stores.file_batches
    batch = batches.create(STORE, file_ids=[kept(gateway, "twice.md")])
    first = batches.cancel(batch.id, vector_store_id=STORE)
    assert batches.cancel(batch.id, vector_store_id=STORE) == first
    assert first.status == "cancelled"


def test_a_batch_belongs_to_its_knowledge_base(gateway: Gateway) -> None:
    batch = gateway.openai().vector_stores.file_batches.create(STORE, file_ids=[kept(gateway)])
    with pytest.raises(openai.NotFoundError):
        gateway.openai().vector_stores.file_batches.retrieve(batch.id, vector_store_id="assisted")


@contextmanager
def answering_with(gateway: Gateway, parsing: Parsing) -> Iterator[None]:
    """Have a generation answer whose documents were read in this way."""
    kb = asyncio.run(gateway.resources.knowledge_base("default", STORE))
    wanted = kb.model_copy(update={"spec": kb.spec.model_copy(update={"parsing": parsing})})
    asyncio.run(gateway.resources.put_status(kb.key, kb.status.model_copy(update={"generation": first(wanted)})))
    try:
        yield
    finally:
        asyncio.run(gateway.resources.put_status(kb.key, kb.status))


def test_the_text_of_a_document_is_the_one_that_the_answering_generation_was_cut_from(gateway: Gateway) -> None:
    document, parsing = "d" * 32, Parsing(pdf=PdfParsing(reader=PdfReader.OCR))
    put_record(gateway, document)
    recognised = ParsedDocument(text="As it was recognised.").to_json().encode()
    gateway.objects.put(Layout("default", STORE).parsed(document, "v1", parsing.identity), recognised)
    store = gateway.openai().vector_stores.files

    with answering_with(gateway, parsing):
        assert [part.text for part in store.content(document, vector_store_id=STORE)] == ["As it was recognised."]

    assert [part.text for part in store.content(document, vector_store_id=STORE)] == [f"The text of {document}."]


def test_documents_are_listed_and_read_by_who_may_see_them(gateway: Gateway) -> None:
    mine, theirs, secret = "a" * 32, "b" * 32, "c" * 32
    put_record(gateway, mine)
    put_record(gateway, theirs, tenant="other")
    put_record(gateway, secret, access_groups=("bosses",))
    store = gateway.openai().vector_stores.files
    listed = [file.id for file in store.list(STORE, limit=1)]
    assert mine in listed
    assert not {theirs, secret} & set(listed)
    assert "".join(part.text or "" for part in store.content(mine, vector_store_id=STORE)) == f"The text of {mine}."
    for hidden in (theirs, secret):
        with pytest.raises(openai.NotFoundError):
            store.retrieve(hidden, vector_store_id=STORE)
        with pytest.raises(openai.NotFoundError):
            store.content(hidden, vector_store_id=STORE)
        with pytest.raises(openai.NotFoundError):
            store.delete(hidden, vector_store_id=STORE)


def test_a_page_that_leaves_one_document_says_that_there_is_more(gateway: Gateway) -> None:
    put_record(gateway, "a" * 32)
    put_record(gateway, "d" * 32)
    store = gateway.openai().vector_stores.files
    everything = store.list(STORE).data
    assert store.list(STORE, limit=len(everything)).has_more is False
    assert store.list(STORE, limit=len(everything) - 1).has_more is True


def test_documents_are_listed_by_their_state(gateway: Gateway) -> None:
    put_record(gateway, "d" * 32)
    put_record(gateway, "e" * 32, state=DocumentState.FAILED)
    store = gateway.openai().vector_stores.files
    assert "e" * 32 in [file.id for file in store.list(STORE, filter="failed")]
    assert "e" * 32 not in [file.id for file in store.list(STORE, filter="completed")]
    assert list(store.list(STORE, filter="cancelled")) == []


def test_a_document_that_is_removed_gets_a_task_that_deletes_it(gateway: Gateway) -> None:
    document = "f" * 32
    put_record(gateway, document, source="old/page.md")
    assert gateway.openai().vector_stores.files.delete(document, vector_store_id=STORE).deleted
    [task] = [task for task in tasks(gateway) if task.spec.operation is Operation.DELETE]
    assert task.spec.source.object is not None
    assert (task.spec.source.object.document_name, task.spec.tenant) == ("old/page.md", "default")


@pytest.mark.parametrize("file_id", ["nothing", "file-1", "file-" + "Z" * 32, "0" * 32, "file-..%2F..%2Fx", "a.b.c.d"])
def test_an_unknown_file_is_not_found(gateway: Gateway, file_id: str) -> None:
    looks: list[Callable[[], Any]] = [
        lambda: get(f"{gateway.url}/v1/files/{file_id}"),
        lambda: get(f"{gateway.url}/v1/vector_stores/{STORE}/files/{file_id}"),
        lambda: get(f"{gateway.url}/v1/vector_stores/{STORE}/files/{file_id}/content"),
        lambda: get(f"{gateway.url}/v1/vector_stores/{STORE}/file_batches/{file_id}"),
        lambda: post(f"{gateway.url}/v1/vector_stores/{STORE}/files", {"file_id": file_id}),
    ]
    assert [look().status for look in looks] == [404] * len(looks)
