"""Documents sent to the gateway, and bad ones among good ones."""

from collections.abc import Iterator
from http import HTTPStatus
from uuid import uuid4

import pytest
from openai import APIStatusError

from support.contents import Contents
from support.http import get
from support.installation import SECONDS_TO_INGEST, Installation
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

GUIDE = b"# Watering\n\nThe orchid on the windowsill is watered on Thursdays, with rain water only.\n"
BROKEN_PDF = b"%PDF-1.7\nthis is no PDF at all\n"
BAD_FILES = {
    "broken.pdf": (BROKEN_PDF, "DOCUMENT_BROKEN"),
    "empty.md": (b"", "DOCUMENT_EMPTY"),
}
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"
FINAL = {"COMPLETED", "FAILED"}


def upload(installation: Installation, contents: Contents, name: str, content: bytes) -> str:
    """Send a file as the official client does, and return the id of its task."""
    answer = installation.openai().files.with_raw_response.create(
        file=(name, content), purpose="assistants", extra_body={"knowledge_base": contents.knowledge_base}
    )
    assert answer.status_code == HTTPStatus.ACCEPTED
    return answer.parse().id


def wait_for_end(installation: Installation, task_id: str) -> None:
    """Ask for a task's status until it is final."""
    wait_until(f"{task_id} has ended", lambda: installation.task_status(task_id)["status"] in FINAL, SECONDS_TO_INGEST)


def test_an_uploaded_document_is_found(installation: Installation, handbook: Contents) -> None:
    task_id = upload(installation, handbook, "orchids.md", GUIDE)
    assert installation.task_status(task_id)["status"] in {"PENDING", "PROCESSING", "VECTORIZING"}
    wait_for_end(installation, task_id)
    status = installation.task_status(task_id)
    assert (status["status"], status["progress"], status["chunks"]) == ("COMPLETED", "1/1", 1)
    best = installation.search("When is the orchid watered?", handbook.knowledge_base)[0]
    assert best["filename"] == "orchids.md"
    assert "Thursdays" in best["content"][0]["text"]


def test_bad_uploads_fail_each_with_its_code(installation: Installation, handbook: Contents) -> None:
    tasks = {name: upload(installation, handbook, name, content) for name, (content, _) in BAD_FILES.items()}
    for task_id in tasks.values():
        wait_for_end(installation, task_id)
    statuses = {name: installation.task_status(task_id) for name, task_id in tasks.items()}
    assert {name: status["status"] for name, status in statuses.items()} == dict.fromkeys(BAD_FILES, "FAILED")
    codes = {name: status["failures"][0]["code"] for name, status in statuses.items()}
    assert codes == {name: code for name, (_, code) in BAD_FILES.items()}
    assert not any(status["failures"][0]["retryable"] for status in statuses.values())


def test_what_no_parser_reads_is_not_taken(installation: Installation, handbook: Contents) -> None:
    with pytest.raises(APIStatusError) as raised:
        upload(installation, handbook, "program.exe", PROGRAM)
    assert (raised.value.status_code, raised.value.code) == (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "DOCUMENT_UNSUPPORTED")


@pytest.fixture
def waiting_base(installation: Installation) -> Iterator[str]:
    """A knowledge base whose tasks wait for an embedder that nobody makes."""
    name = f"kb-{uuid4().hex[:8]}"
    spec = {"embedding": {"llmServerRef": {"name": "nobody"}}, "deletionPolicy": "Delete"}
    installation.resources.create("KnowledgeBase", name, spec)
    try:
        store = f"{installation.gateway}/v1/vector_stores/{name}"
        wait_until("the gateway knows it", lambda: get(store).status == HTTPStatus.OK, 30)
        yield name
    finally:
        installation.delete("KnowledgeBase", name)


def test_a_cancelled_batch_leaves_no_task(installation: Installation, waiting_base: str) -> None:
    client = installation.openai()
    files = [client.files.create(file=(f"{number}.md", GUIDE), purpose="assistants").id for number in range(3)]
    batches = client.vector_stores.file_batches
    batch = batches.create(waiting_base, file_ids=files)
    assert batch.file_counts.in_progress == len(files)

    cancelled = batches.cancel(batch.id, vector_store_id=waiting_base)

    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", len(files))
    bases = [task["spec"]["knowledgeBaseRef"]["name"] for task in installation.api.list("IngestTask")]
    assert waiting_base not in bases


def test_a_bad_document_does_not_stop_the_others(installation: Installation, handbook: Contents) -> None:
    documents = {f"{number}.md": b"# Page\n\nPage %d.\n" % number for number in range(4)}
    with (
        installation.objects_under("mixed/", {**documents, "broken.pdf": BROKEN_PDF, "program.exe": PROGRAM}),
        installation.task(handbook.knowledge_base, {"prefix": {"prefix": "mixed/"}}, tenant="mixed") as task,
    ):
        status = installation.completed(task)
        failed = installation.cluster.kubectl("get", "--namespace=kubelore", "ingest", task["metadata"]["name"])
    assert status["documents"] == {"total": 6, "succeeded": 4, "failed": 2, "skipped": 0}
    assert {(failure["document"], failure["code"]) for failure in status["failures"]} == {
        ("mixed/broken.pdf", "DOCUMENT_BROKEN"),
        ("mixed/program.exe", "DOCUMENT_UNSUPPORTED"),
    }
    assert "6/6 2" in " ".join(failed.split())
    assert len(handbook.rows("mixed")) == 4
