"""Scanned PDFs in a child: what honest ones need, and what hostile ones get."""

import zlib
from pathlib import Path

import pytest

from kubelore.documents.reading import PdfReader, Reading
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.instructions import Instructions
from kubelore_ingest.parsers.registry import parser_for
from kubelore_ingest.sandbox import ParserSandbox
from kubelore_ingest.steps.parse import make_sandbox
from support.jobs import job_on_folder
from support.scans import Page, make_scanned_pdf

READING = Reading(pdf_reader=PdfReader.OCR)
LINES = ("A child process reads this page.", "它在子进程中被读取。")
SCAN = make_scanned_pdf([Page(picture=LINES)])
MANY, SIDE = 10_000, 40_000


def refused(sandbox: ParserSandbox, data: bytes) -> KubeloreError:
    with pytest.raises(KubeloreError) as caught:
        sandbox.parse(data, "scan.pdf")
    return caught.value


def hostile_pdf(pages: int, side: int) -> bytes:
    """Write so many pages that all show one black picture, `side` pixels wide and high, in a few bytes."""
    squeezed = zlib.compressobj(9)
    row = bytes(side // 8)
    picture = b"".join(squeezed.compress(row) for _ in range(side)) + squeezed.flush()
    names = " ".join(f"{number} 0 R" for number in range(5, 5 + pages))
    resources = "<< /XObject << /I 3 0 R >> >>"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 600] /Contents 4 0 R /Resources {resources} >>"
    about = f"/Type /XObject /Subtype /Image /Width {side} /Height {side} /ColorSpace /DeviceGray /BitsPerComponent 1"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{names}] >>".encode(),
        f"<< {about} /Filter /FlateDecode /Length {len(picture)} >> stream\n".encode() + picture + b"\nendstream",
        b"<< /Length 29 >> stream\nq 600 0 0 600 0 0 cm /I Do Q  \nendstream",
        *[page.encode()] * pages,
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj %b endobj\n" % numbered for numbered in enumerate(objects, start=1))
    return body + b"trailer << /Root 1 0 R >>\n%%EOF"


def test_a_scan_comes_out_of_a_child_as_it_does_without_one_and_each_child_reads_many(tmp_path: Path) -> None:
    expected = parser_for("scan.pdf", SCAN).parse(SCAN, "scan.pdf", Instructions(READING))

    with make_sandbox(job_on_folder(tmp_path, parsing={"pdf": {"reader": "ocr"}})) as sandbox:
        assert [sandbox.parse(SCAN, "scan.pdf") for _ in range(3)] == [expected] * 3

    assert expected.text.split("\n") == [*LINES]


def test_ten_thousand_scanned_pages_are_refused_before_any_is_drawn() -> None:
    with ParserSandbox(reading=READING, seconds=60) as sandbox:
        error = refused(sandbox, hostile_pdf(MANY, side=8))

        assert error.code is ErrorCode.DOCUMENT_TOO_MANY_SCANS
        assert f"{MANY} pages" in error.message
        assert sandbox.parse(b"words", "a.txt").text == "words"


def test_a_picture_that_unpacks_to_hundreds_of_megabytes_takes_no_more_memory_than_any_other() -> None:
    with ParserSandbox(reading=READING, memory_bytes=300 << 20, seconds=60) as sandbox:
        assert refused(sandbox, hostile_pdf(1, SIDE)).code is ErrorCode.DOCUMENT_HAS_NO_TEXT


def test_recognition_that_has_too_little_memory_says_so_and_harms_nobody_else() -> None:
    with ParserSandbox(reading=READING, memory_bytes=300 << 20) as sandbox:
        assert refused(sandbox, SCAN).code is ErrorCode.PARSE_OUT_OF_MEMORY
        assert sandbox.parse(b"words", "a.txt").text == "words"
