import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore.documents.record import Failure
from kubelore.documents.result import (
    LONGEST_TERMINATION_MESSAGE,
    DocumentCounts,
    KnowledgeBaseTotals,
    TerminationMessage,
)
from kubelore.errors import ErrorCode
from kubelore_ingest.reporting.termination import fit, write


def failure(document: str, message: str) -> Failure:
    return Failure(
        document=document, component="parse", code=ErrorCode.JOB_DEADLINE_EXCEEDED, retryable=False, message=message
    )


def message(*failures: Failure) -> TerminationMessage:
    return TerminationMessage(
        documents=DocumentCounts(total=10**9, succeeded=10**9, failed=10**9, skipped=10**9),
        chunks=10**12,
        failures=failures,
        totals=KnowledgeBaseTotals(documents=10**12, chunks=10**12),
        collection="c" * 255,
        dimension=32768,
        abilities=("bm25", "hybrid", "partition_key", "nullable"),
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=2000) | st.text('\x00\x1b"\\文🙂', max_size=2000)


@given(st.lists(st.builds(failure, TEXTS, TEXTS), max_size=8))
def test_whatever_failed_the_message_is_whole_and_fits(failures: list[Failure]) -> None:
    text = fit(message(*failures))

    assert len(text.encode()) <= LONGEST_TERMINATION_MESSAGE
    read = TerminationMessage.model_validate_json(text)
    assert read.documents == message().documents
    assert len(read.failures) >= min(1, len(failures))


def test_the_longest_message_keeps_its_first_failure() -> None:
    first = failure("\x00" * 2000, "\x00" * 2000)

    (kept,) = TerminationMessage.model_validate_json(fit(message(first, first))).failures

    assert kept.code is ErrorCode.JOB_DEADLINE_EXCEEDED


def test_a_short_message_is_kept_as_it_is(tmp_path: Path) -> None:
    short = message(failure("a.pdf", "why"))

    write(short, tmp_path / "message")

    assert TerminationMessage.model_validate(json.loads((tmp_path / "message").read_text())) == short


def test_a_place_that_is_not_there_is_logged_and_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(message(), tmp_path / "nowhere" / "message")

    assert "termination message" in caplog.text
