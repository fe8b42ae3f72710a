import time
from importlib import import_module

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.formats.formats import FORMATS, Format
from kubelore_ingest.parsers.registry import FormatParser, parser_for
from support.documents import make_docx, make_epub, make_pdf, make_pptx, make_xlsx, parse, parse_code

OFFICE = "application/vnd.openxmlformats-officedocument"
WORD = f"{OFFICE}.wordprocessingml.document"


def parser_of(known: Format) -> FormatParser:
    """The parser of a file whose name alone tells its format."""
    parser = parser_for(f"file{known.extensions[0]}", b"")
    assert isinstance(parser, FormatParser)
    return parser


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.media_type)
def test_every_format_has_a_module_that_parses(known: Format) -> None:
    parser = parser_of(known)
    assert callable(import_module(f"kubelore_ingest.parsers.{parser.module}").parse)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("guide.md", "text/markdown"),
        ("GUIDE.MARKDOWN", "text/markdown"),
        ("pages/guide.mdx", "text/mdx"),
        ("notes.txt", "text/plain"),
        ("README", "text/plain"),
        ("page.HTM", "text/html"),
        ("report.pdf", "application/pdf"),
        ("letter.docx", WORD),
        ("talk.pptx", f"{OFFICE}.presentationml.presentation"),
        ("sheet.xlsx", f"{OFFICE}.spreadsheetml.sheet"),
        ("book.epub", "application/epub+zip"),
        ("table.tsv", "text/csv"),
        ("data.json", "application/json"),
        ("data.jsonl", "application/jsonl"),
        ("main.go", "text/x-source"),
        ("https://example.com", "text/plain"),
        ("https://example.com/about", "text/plain"),
        ("https://Example.COM/Guide.HTML?version=1.2#top.md", "text/html"),
    ],
)
def test_a_name_tells_the_format_where_the_content_does_not(name: str, media_type: str) -> None:
    assert parser_for(name, b"some words").media_type == media_type


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (make_pdf([["words"]]), "application/pdf"),
        (b"scanner's own header\n" + make_pdf([["words"]]), "application/pdf"),
        (make_docx(lambda document: document.add_paragraph("words")), WORD),
        (make_pptx(lambda _: None), f"{OFFICE}.presentationml.presentation"),
        (make_xlsx(lambda _: None), f"{OFFICE}.spreadsheetml.sheet"),
        (make_epub([]), "application/epub+zip"),
        (b"\xef\xbb\xbf  <!DOCTYPE HTML><p>words", "text/html"),
        (b"<!-- saved page --><html lang=en><p>words", "text/html"),
    ],
)
def test_content_tells_the_format_whatever_the_name_says(content: bytes, media_type: str) -> None:
    assert parser_for("notes.txt", content).media_type == media_type


@pytest.mark.parametrize("name", ["picture.png", "archive.zip", "program.exe", "sheet.xls", "strange.format"])
def test_an_unknown_format_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        parser_for(name, b"some words")

    assert caught.value.code is ErrorCode.DOCUMENT_UNSUPPORTED
    assert name in caught.value.message


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.media_type)
@pytest.mark.parametrize("nothing", [b"", b" \n\t\r\n "])
def test_a_file_without_content_is_empty_in_every_format(known: Format, nothing: bytes) -> None:
    assert parse_code(nothing, f"file{known.extensions[0]}") is ErrorCode.DOCUMENT_EMPTY


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"plain words", "letter.docx"),
        (b"plain words", "report.pdf"),
        (b"<html><p>words", "letter.pdf.html"),
        (b"%PDF-1.7 and then nothing", "notes.md"),
        (b"PK\x03\x04 no archive", "letter.docx"),
    ],
)
def test_a_wrong_extension_is_read_as_what_it_is_or_refused_as_broken(content: bytes, name: str) -> None:
    if content.startswith(b"<html>"):
        assert parse(content, name).text == "words"
    else:
        assert parse_code(content, name) is ErrorCode.DOCUMENT_BROKEN


def test_telling_a_format_reads_only_the_beginning_of_a_file() -> None:
    huge = b"<!--" + b"<!-- " * 20_000_000
    start = time.monotonic()

    parser_for("notes.txt", huge)

    assert time.monotonic() - start < 1
