from collections.abc import Callable, Iterator
from random import Random

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.sandbox import ParserSandbox
from kubelore_ingest.sandbox.messages import DOCUMENT_FAULTS
from support.malformed import CLASSES, MEBIBYTE, Files, files_of, mutations, sound_files

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")

MEMORY = 512 * MEBIBYTE
SECONDS = 30.0
MUTATIONS = 40
LIMITS = frozenset({ErrorCode.PARSE_OUT_OF_MEMORY, ErrorCode.PARSE_TIMEOUT})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    with ParserSandbox(memory_bytes=MEMORY, seconds=SECONDS) as sandbox:
        yield sandbox


def outcome(sandbox: ParserSandbox, data: bytes, name: str) -> ErrorCode | None:
    """Return the code that a file fails with, or None where it is read."""
    try:
        document = sandbox.parse(data, name)
    except KubeloreError as error:
        return error.code
    assert "root:x:" not in document.text
    positions = [*(heading.start for heading in document.headings), *(page.start for page in document.pages)]
    assert all(0 <= position <= len(document.text) for position in positions)
    return None


def test_there_are_enough_of_them() -> None:
    assert len(CLASSES) >= 12
    assert sum(len(files_of(make)) for make in CLASSES) >= 200


@pytest.mark.parametrize("kind", sound_files())
def test_a_sound_file_is_read(sandbox: ParserSandbox, kind: str) -> None:
    assert outcome(sandbox, sound_files()[kind], f"a.{kind}") is None


@pytest.mark.parametrize("make", CLASSES, ids=lambda make: make.__name__)
def test_a_malformed_file_is_read_or_refused_by_a_code(sandbox: ParserSandbox, make: Callable[[], Files]) -> None:
    outcomes = {name: outcome(sandbox, data, name) for name, data in files_of(make).items()}

    assert {name: code for name, code in outcomes.items() if code not in {None, *DOCUMENT_FAULTS, *LIMITS}} == {}
    assert sandbox.parse(b"words", "next.txt").text == "words"


@pytest.mark.parametrize("kind", sound_files())
def test_a_file_with_spoilt_bytes_is_read_or_refused_by_a_documents_code(sandbox: ParserSandbox, kind: str) -> None:
    random = Random(kind)  # noqa: S311 - the same files on every run

    codes = {outcome(sandbox, data, f"a.{kind}") for data in mutations(sound_files()[kind], random, MUTATIONS)}

    assert codes - {None, *DOCUMENT_FAULTS} == set()
