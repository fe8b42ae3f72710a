import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from kubelore.errors import ErrorCode
from support.documents import make_pdf, parse, parse_code, parse_error

PAGES = [["First page", "with two lines"], [], ["第三页：如何安装"]]


def test_pages_are_found_where_they_begin() -> None:
    document = parse(make_pdf(PAGES), "a.pdf")

    assert document.text == "First page\nwith two lines\n\n第三页：如何安装"
    assert [(page.number, document.text[page.start :].split("\n")[0]) for page in document.pages] == [
        (1, "First page"),
        (3, "第三页：如何安装"),
    ]


def test_the_title_and_the_outline_come_from_the_file() -> None:
    pdf = make_pdf(
        [["Cover", "Chapter one", "text"]], title="书名", bookmarks=[(0, "Chapter one"), (1, "Not on the page")]
    )

    document = parse(pdf, "a.pdf")

    assert document.title == "书名"
    assert sorted((heading.start, heading.level, heading.text) for heading in document.headings) == [
        (0, 2, "Not on the page"),
        (6, 1, "Chapter one"),
    ]


def test_a_word_broken_at_a_line_end_is_put_together_only_where_it_is_known_whole() -> None:
    document = parse(make_pdf([["an exam-", "ple of a well-", "known thing"], ["Example"]]), "a.pdf")

    assert document.text == "an example of a well-known thing\n\nExample"


@pytest.mark.parametrize("strength", [40, 128])
def test_a_pdf_with_a_password_says_so(strength: int) -> None:
    locked = make_pdf(PAGES, encryption=StandardEncryption("user", "owner", strength=strength))

    assert parse_code(locked, "a.pdf") is ErrorCode.DOCUMENT_ENCRYPTED


def test_a_pdf_that_anyone_may_open_is_read_though_it_is_encrypted() -> None:
    open_to_all = make_pdf(PAGES, encryption=StandardEncryption("", "owner", strength=128))

    assert parse(open_to_all, "a.pdf").text.startswith("First page")


def test_a_pdf_of_pictures_alone_has_no_text() -> None:
    error = parse_error(make_pdf([[], []]), "scan.pdf")

    assert error.code is ErrorCode.DOCUMENT_HAS_NO_TEXT
    assert "scan.pdf" in error.message


@pytest.mark.parametrize("damage", [lambda pdf: pdf[:20], lambda pdf: pdf[: len(pdf) // 2], lambda pdf: pdf[:9] * 99])
def test_a_damaged_pdf_is_broken(damage: object) -> None:
    assert parse_code(damage(make_pdf(PAGES)), "a.pdf") is ErrorCode.DOCUMENT_BROKEN
