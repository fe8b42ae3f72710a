import re

import pytest

from kubelore.errors import CATALOGUE, ErrorCode, KubeloreError


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_says_what_is_wrong_and_what_to_do(code: ErrorCode) -> None:
    kind = CATALOGUE[code]

    assert code.value == code.name
    for text in (kind.text, kind.next_step):
        assert re.fullmatch(r"[^\n]{5,160}[^.\s]", text)


def test_a_message_names_the_thing_the_cause_and_the_next_step() -> None:
    error = KubeloreError(ErrorCode.SOURCE_TOO_LARGE, "object 'a.pdf'", "12 bytes, at most 10 are taken")

    assert str(error) == error.message
    assert error.message == (
        "object 'a.pdf': the document is larger than allowed (12 bytes, at most 10 are taken); "
        "split it, or raise spec.ingest.maxDocumentBytes"
    )


def test_a_message_without_a_detail_has_no_brackets() -> None:
    assert "(" not in KubeloreError(ErrorCode.DOCUMENT_EMPTY, "a.md").message
