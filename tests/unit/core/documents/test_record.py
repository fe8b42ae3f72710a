from kubelore.clock import now
from kubelore.documents.record import DocumentRecord, DocumentState, Failure
from kubelore.errors import ErrorCode, KubeloreError


def record() -> DocumentRecord:
    error = KubeloreError(ErrorCode.DOCUMENT_BROKEN, "document 'a.pdf'", "no trailer")
    return DocumentRecord(
        document_id="d",
        source="a.pdf",
        tenant="t",
        name="a.pdf",
        state=DocumentState.FAILED,
        failure=Failure.from_error("a.pdf", error),
        updated_at=now(),
    )


def test_a_record_survives_being_kept() -> None:
    assert DocumentRecord.model_validate_json(record().to_json()) == record()


def test_a_record_of_a_newer_version_can_be_read() -> None:
    newer = record().to_json().replace('"tenant"', '"someday": 1, "tenant"')

    assert DocumentRecord.model_validate_json(newer) == record()


def test_a_failure_says_what_where_and_what_to_do() -> None:
    failure = record().failure

    assert failure is not None
    assert (failure.document, failure.component, failure.retryable) == ("a.pdf", "parse", False)
    assert failure.message == (
        "document 'a.pdf': the file is damaged or is not what its name says (no trailer); repair it or export it again"
    )
