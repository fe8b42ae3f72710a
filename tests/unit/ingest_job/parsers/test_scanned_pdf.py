import importlib.util
from collections.abc import Sequence

import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.reading import PdfReader, Reading
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.chunkers.registry import make_chunker
from kubelore_ingest.parsers import text_recognition
from kubelore_ingest.parsers.instructions import Instructions
from kubelore_ingest.parsers.registry import parser_for
from support.documents import make_pdf, parse_code, tokenizer
from support.scans import Page, make_scanned_pdf

OCR = Reading(pdf_reader=PdfReader.OCR)
ENGLISH = ("The vector store keeps one row for each chunk.", "A second line says what a retry does.")
CHINESE = ("向量数据库为每个片段保存一行。", "第二行说明重试时会发生什么。")


def parse(data: bytes, reading: Reading = OCR, pages_done: list[None] | None = None) -> ParsedDocument:
    done = [] if pages_done is None else pages_done
    return parser_for("scan.pdf", data).parse(data, "scan.pdf", Instructions(reading, lambda: done.append(None)))


def refused(data: bytes, reading: Reading = OCR) -> KubeloreError:
    with pytest.raises(KubeloreError) as caught:
        parse(data, reading)
    return caught.value


def starts_of_pages(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(page.number, document.text[page.start :].split("\n")[0]) for page in document.pages]


@pytest.mark.parametrize("lines", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_the_text_of_a_scan_is_recognised(lines: Sequence[str]) -> None:
    document = parse(make_scanned_pdf([Page(picture=lines)]))

    assert document.text.split("\n") == [*lines]


def test_without_the_reader_a_scan_has_no_text() -> None:
    assert parse_code(make_scanned_pdf([Page(picture=ENGLISH)]), "scan.pdf") is ErrorCode.DOCUMENT_HAS_NO_TEXT


def test_pages_with_a_text_of_their_own_keep_it_among_those_that_are_scans() -> None:
    pdf = make_scanned_pdf(
        [
            Page(text=("A page of text that was typed, and which no recognition reads.",)),
            Page(),
            Page(picture=CHINESE),
            Page(picture=ENGLISH),
        ]
    )

    document = parse(pdf)

    assert starts_of_pages(document) == [
        (1, "A page of text that was typed, and which no recognition reads."),
        (3, CHINESE[0]),
        (4, ENGLISH[0]),
    ]


def test_a_stamp_on_a_scan_does_not_make_it_text() -> None:
    document = parse(make_scanned_pdf([Page(picture=ENGLISH, text=("Page 7",))]))

    assert ENGLISH[0] in document.text
    assert "Page 7" in document.text


def test_a_picture_beside_text_is_not_read() -> None:
    typed = "A report with a logo in its corner, as almost every report has one."

    document = parse(make_scanned_pdf([Page(picture=ENGLISH, text=(typed,))]))

    assert document.text == typed


def test_every_chunk_of_a_scan_is_found_at_its_place_and_on_its_page() -> None:
    document = parse(make_scanned_pdf([Page(picture=ENGLISH), Page(picture=CHINESE)]))

    chunks = list(make_chunker("recursive", 16, 0, "tokens", tokenizer()).chunk(document))

    assert {chunk.page for chunk in chunks} == {1, 2}
    assert all(chunk.text == document.text[chunk.char_start : chunk.char_end] for chunk in chunks)
    assert next(chunk for chunk in chunks if "retry" in chunk.text).page == 1
    assert next(chunk for chunk in chunks if "重试" in chunk.text).page == 2


def test_a_word_that_a_line_end_broke_is_put_together_as_in_any_pdf() -> None:
    pdf = make_scanned_pdf(
        [Page(picture=("A new genera-", "tion answers once it is whole.", "The old generation goes."))]
    )

    assert parse(pdf).text.startswith("A new generation answers")


def test_columns_of_a_scan_are_read_one_after_the_other() -> None:
    left = [f"Left column, line number {row}." for row in range(1, 5)]
    right = [f"Right column, line number {row}." for row in range(1, 5)]

    text = parse(make_scanned_pdf([Page(picture=left, second_column=right)])).text

    assert text.split("\n\n") == ["\n".join(left), "\n".join(right)]


@pytest.mark.parametrize("page", [Page(picture=ENGLISH, tilt=0.5), Page(picture=ENGLISH, is_on_its_side=True)])
def test_a_scan_need_not_be_straight(page: Page) -> None:
    assert parse(make_scanned_pdf([page])).text.split("\n") == [*ENGLISH]


def test_each_page_that_is_recognised_is_told() -> None:
    done: list[None] = []

    parse(
        make_scanned_pdf([Page(picture=ENGLISH), Page(text=("typed " * 20,)), Page(picture=ENGLISH)]), pages_done=done
    )

    assert len(done) == 2


def test_more_scans_than_may_be_recognised_are_refused_before_any_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_recognition, "_loaded", lambda: pytest.fail("a page was read"))
    pdf = make_scanned_pdf([Page(picture=ENGLISH)] * 4)

    error = refused(pdf, Reading(pdf_reader=PdfReader.OCR, max_scanned_pages=3))

    assert error.code is ErrorCode.DOCUMENT_TOO_MANY_SCANS
    assert "4 pages, 3 may be" in error.message
    assert "spec.ingest.maxScannedPages" in error.message


def test_a_page_that_claims_to_be_as_large_as_a_field_is_drawn_no_larger_than_any_other() -> None:
    document = parse(make_scanned_pdf([Page(picture=ENGLISH, size=(14_400, 14_400 * 250 / 595))]))

    assert document.text.split("\n") == [*ENGLISH]


@pytest.mark.parametrize("size", [(3, 14_400), (14_400, 3), (0.5, 0.5)])
def test_a_page_that_nobody_could_read_has_no_text(size: tuple[float, float]) -> None:
    assert refused(make_scanned_pdf([Page(picture=ENGLISH, size=size)])).code is ErrorCode.DOCUMENT_HAS_NO_TEXT


def test_a_scan_without_letters_has_no_text() -> None:
    assert refused(make_scanned_pdf([Page(picture=())])).code is ErrorCode.DOCUMENT_HAS_NO_TEXT


def test_without_the_extra_a_scan_is_refused_with_what_to_install_and_a_text_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(text_recognition, "find_spec", lambda name: None if name == "rapidocr" else find(name))

    error = refused(make_scanned_pdf([Page(picture=ENGLISH)]))

    assert error.code is ErrorCode.READER_NOT_INSTALLED
    assert "(ocr)" in error.message
    assert parse(make_pdf([["Typed."]])).text == "Typed."
