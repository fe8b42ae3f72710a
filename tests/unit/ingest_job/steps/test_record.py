from dataclasses import replace
from pathlib import Path

from kubelore.documents.record import DocumentRecord, DocumentState, Failure
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import Candidate, Content, EmbeddedDocument, FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.steps.record import (
    is_own_work,
    is_unchanged,
    is_untouched,
    read_record,
    record_completed,
    record_failed,
    record_still_completed,
)
from support.jobs import job_on_folder
from support.rows import rows

CONTENT = Content(b"12345", "guide.md", etag="etag-1")
CANDIDATE = Candidate("docs/guide.md", lambda: CONTENT)
FAILURE = Failure.from_error("docs/guide.md", KubeloreError(ErrorCode.DOCUMENT_BROKEN, "docs/guide.md"))


def fetched(job: Job, version: str = "v1") -> FetchedDocument:
    document_id = job.document_id(CANDIDATE.source)
    return FetchedDocument(document_id, CANDIDATE, CONTENT, version, read_record(job, document_id))


def complete(job: Job, version: str = "v1") -> DocumentRecord:
    record_completed(job, EmbeddedDocument(fetched(job, version), rows(3), "Guide", "text/markdown", {"k": "v"}))
    return recorded(job)


def recorded(job: Job) -> DocumentRecord:
    record = read_record(job, job.document_id(CANDIDATE.source))
    assert record is not None
    return record


def test_a_completed_document_is_recorded_with_what_it_became(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, tenant="acme")

    record = complete(job)

    assert (record.source, record.name, record.tenant, record.bytes) == ("docs/guide.md", "guide.md", "acme", 5)
    assert (record.state, record.version, record.chunks) == (DocumentState.COMPLETED, "v1", 3)
    assert (record.title, record.media_type, record.metadata) == ("Guide", "text/markdown", {"k": "v"})
    assert record.fingerprint == job.spec.fingerprint


def test_the_same_content_with_the_same_settings_is_unchanged(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path)
    assert not is_unchanged(job, fetched(job))
    complete(job)

    assert is_unchanged(job, fetched(job))
    assert not is_unchanged(job, fetched(job, "v2"))
    assert not is_unchanged(job_on_folder(tmp_path, metadata={"a": "b"}), fetched(job))


def test_only_the_task_that_completed_a_document_counts_it_as_its_own(tmp_path: Path) -> None:
    record = complete(job_on_folder(tmp_path))

    assert is_own_work(job_on_folder(tmp_path), record)
    assert not is_own_work(job_on_folder(tmp_path, task={"name": "task", "uid": "uid-2"}), record)
    assert not is_own_work(job_on_folder(tmp_path, task=None), record.model_copy(update={"task_uid": ""}))


def test_a_failure_keeps_what_an_earlier_success_left(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path)
    complete(job)

    record_failed(job, CANDIDATE, FAILURE, recorded(job))

    record = recorded(job)
    assert (record.state, record.version, record.chunks) == (DocumentState.FAILED, "v1", 3)
    assert record.failure == FAILURE


def test_a_document_that_never_came_in_is_recorded_without_a_version(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path)

    record_failed(job, CANDIDATE, FAILURE, None)

    assert (recorded(job).state, recorded(job).version, recorded(job).chunks) == (DocumentState.FAILED, "", 0)
    assert not is_unchanged(job, fetched(job))


def test_a_failure_is_taken_back_when_the_content_is_the_completed_ones_again(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path)
    complete(job)
    record_failed(job, CANDIDATE, FAILURE, recorded(job))

    record_still_completed(job, recorded(job), "etag-2")

    assert (recorded(job).state, recorded(job).failure) == (DocumentState.COMPLETED, None)
    assert recorded(job).etag == "etag-2"


def test_an_object_that_still_has_its_etag_is_not_read_again(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path)
    record = complete(job)
    listed = replace(CANDIDATE, etag="etag-1")

    assert is_untouched(job, listed, record)
    assert not is_untouched(job, replace(CANDIDATE, etag="etag-2"), record)
    assert not is_untouched(job_on_folder(tmp_path, metadata={"a": "b"}), listed, record)
    assert not is_untouched(job, CANDIDATE, record.model_copy(update={"etag": ""}))


def test_a_record_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path)
    document_id = job.document_id(CANDIDATE.source)
    job.objects.put(job.layout.record(document_id), b"{ not json")

    assert read_record(job, document_id) is None
