from pathlib import Path

import pytest

from kubelore.documents.record import Failure
from kubelore.documents.result import (
    EXIT_DOCUMENT_IS_BAD,
    EXIT_OK,
    EXIT_RETRY,
    DocumentCounts,
    ResultManifest,
    TerminationMessage,
)
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import JobOperation
from kubelore.resources.ingest_task import ObjectSource, PrefixSource, Source
from kubelore_ingest import run as run_module
from kubelore_ingest.job import Job
from kubelore_ingest.reporting.progress import NoSink, ProgressMeter
from kubelore_ingest.reporting.tally import Tally
from support.jobs import job_on_folder

ONE = Source(object=ObjectSource(key="a.md"))
MANY = Source(prefix=PrefixSource(prefix="docs/"))


def failure(code: ErrorCode) -> Failure:
    return Failure.from_error("a.md", KubeloreError(code, "a.md"))


def run_with(
    job: Job, folder: Path, *failures: Failure, error: Exception | None = None
) -> tuple[int, TerminationMessage]:
    """Run an operation that counts these failures, and then ends with this error."""

    def operate(job: Job, tally: Tally) -> TerminationMessage:
        tally.expect(len(failures) + 1)
        for each in failures:
            tally.fail(each)
        if not job.stop:
            tally.succeed(3)
        if error is not None:
            raise error
        return run_module._counts(job, tally)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "_carry_out", operate)
        patch.setattr(run_module, "_totals", lambda _: None)
        code = run_module.run(job, Tally(ProgressMeter(NoSink())), folder / "message")
    return code, TerminationMessage.model_validate_json((folder / "message").read_bytes())


@pytest.mark.parametrize(
    ("source", "codes", "expected"),
    [
        (ONE, [], EXIT_OK),
        (ONE, [ErrorCode.DOCUMENT_BROKEN], EXIT_DOCUMENT_IS_BAD),
        (ONE, [ErrorCode.SOURCE_UNREACHABLE], EXIT_RETRY),
        (ONE, [ErrorCode.INTERNAL], EXIT_RETRY),
        (MANY, [], EXIT_OK),
        (MANY, [ErrorCode.DOCUMENT_BROKEN], EXIT_OK),
        (MANY, [ErrorCode.SOURCE_UNREACHABLE, ErrorCode.DOCUMENT_EMPTY], EXIT_OK),
    ],
)
def test_the_exit_code_says_whether_another_attempt_can_help(
    tmp_path: Path, source: Source, codes: list[ErrorCode], expected: int
) -> None:
    job = job_on_folder(tmp_path, source=source)

    code, message = run_with(job, tmp_path, *map(failure, codes))

    assert code == expected
    assert [each.code for each in message.failures] == codes


def test_a_manifest_is_kept_before_the_worker_ends(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, source=MANY)

    run_with(job, tmp_path, failure(ErrorCode.DOCUMENT_EMPTY))

    manifest = ResultManifest.model_validate_json(job.objects.get(job.layout.result("uid-1", 0)))
    assert manifest.documents == DocumentCounts(total=2, succeeded=1, failed=1)
    assert manifest.chunks == 3


def test_what_stops_the_work_is_reported_before_the_documents_own_failures(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, source=MANY)
    error = KubeloreError(ErrorCode.VECTOR_STORE_UNREACHABLE, "collection c")

    code, message = run_with(job, tmp_path, failure(ErrorCode.DOCUMENT_EMPTY), error=error)

    assert code == EXIT_RETRY
    assert [each.code for each in message.failures] == [error.code, ErrorCode.DOCUMENT_EMPTY]
    assert message.documents.succeeded == 1
    assert job.objects.stat(job.layout.result("uid-1", 0)) is not None


def test_a_fault_of_ours_is_reported_without_its_inner_workings(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, source=MANY)

    code, message = run_with(job, tmp_path, error=ZeroDivisionError("secret inner state"))

    assert code == EXIT_RETRY
    assert message.failures[0].code is ErrorCode.INTERNAL
    assert "secret" not in message.to_json()


def test_a_worker_that_was_asked_to_end_early_is_to_be_started_again(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, source=ONE)
    job.stop.set()

    code, message = run_with(job, tmp_path)

    assert code == EXIT_RETRY
    assert [each.code for each in message.failures] == [ErrorCode.CANCELLED]


def test_a_worker_that_was_asked_to_end_when_all_was_done_is_done(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, source=MANY)

    def stop_late(job: Job, tally: Tally) -> TerminationMessage:
        tally.succeed()
        job.stop.set()
        return TerminationMessage()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "_carry_out", stop_late)
        assert run_module.run(job, Tally(ProgressMeter(NoSink())), tmp_path / "message") == EXIT_OK


def test_the_jobs_of_a_knowledge_base_keep_no_manifest(tmp_path: Path) -> None:
    job = job_on_folder(tmp_path, operation=JobOperation.PREPARE, task=None)

    run_with(job, tmp_path)

    assert list(job.objects.list("")) == []
