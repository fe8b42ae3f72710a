from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml

from kubelore.errors import ErrorCode, KubeloreError
from support.documents import make_docx, parse, parse_code, parse_error, rewrite_zip

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)

BOX = "<w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent>"

FALLBACK = f"<mc:Fallback>{BOX}</mc:Fallback>"
TAB_STOPS = '<w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>'


def words() -> bytes:
    """Return a small valid document."""
    return make_docx(lambda document: document.add_paragraph("words"))


def test_paragraphs_lists_and_tables_stand_in_their_order() -> None:
    def write(document: Document) -> None:
        document.add_heading("Report", 0)
        document.add_paragraph("Before").add_run(" bold\ttab").bold = True
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ["A", "B", "c\nd", ""], strict=True):
            cell.text = text
        document.add_heading("安装", 2)
        document.add_paragraph("one", style="List Bullet")
        document.add_paragraph("two", style="List Number")
        document.add_paragraph("After")

    document = parse(make_docx(write), "a.docx")

    assert document.text == "Report\n\nBefore bold\ttab\n\nA | B\nc d | \n\n安装\n\n- one\n- two\n\nAfter"
    assert [(heading.level, heading.text) for heading in document.headings] == [(1, "Report"), (2, "安装")]
    assert all(document.text.startswith(heading.text, heading.start) for heading in document.headings)


def test_title_and_properties_come_from_the_file() -> None:
    def write(document: Document) -> None:
        document.core_properties.title = "The title"
        document.core_properties.author = "Ann"
        document.add_paragraph("words")

    document = parse(make_docx(write), "a.docx")

    assert (document.title, document.metadata) == ("The title", {"author": "Ann"})


def test_a_style_based_on_a_heading_is_a_heading() -> None:
    def write(document: Document) -> None:
        style = document.styles.add_style("House chapter", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Heading 3"]
        document.add_paragraph("Chapter", style="House chapter")

    assert [heading.level for heading in parse(make_docx(write), "a.docx").headings] == [3]


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<w:p><w:r><w:t>a </w:t></w:r><w:ins><w:r><w:t>inserted</w:t></w:r></w:ins></w:p>", "a inserted"),
        ("<w:p><w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del></w:p>", "a"),
        ("<w:sdt><w:sdtContent><w:p><w:r><w:t>control</w:t></w:r></w:p></w:sdtContent></w:sdt>", "control"),
        (f"<w:p><mc:AlternateContent><mc:Choice>{BOX}</mc:Choice>{FALLBACK}</mc:AlternateContent></w:p>", "box"),
        (f"<w:p>{TAB_STOPS}<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>", "a\tb"),
        ("<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r></w:p>", "a\nb-c"),
    ],
)
def test_all_that_word_shows_is_read_and_what_was_deleted_is_not(xml: str, text: str) -> None:
    element = parse_xml(xml.replace(">", f" {NAMESPACES}>", 1))

    assert parse(make_docx(lambda document: document.element.body.insert(0, element)), "a.docx").text == text


def test_a_table_within_a_cell_is_the_cells_text() -> None:
    def write(document: Document) -> None:
        cell = document.add_table(1, 2).cell(0, 0)
        cell.text = "outer"
        cell.add_table(1, 2).cell(0, 1).text = "inner"

    assert parse(make_docx(write), "a.docx").text == "outer inner | "


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    file = BytesIO(words())
    with ZipFile(file, "a", ZIP_DEFLATED) as archive, archive.open("word/media/bomb.bin", "w") as entry:
        for _ in range(300):
            entry.write(bytes(1 << 20))

    error = parse_error(file.getvalue(), "a.docx")

    assert len(file.getvalue()) < 1 << 20
    assert error.code is ErrorCode.DOCUMENT_BROKEN
    assert "unpacks to" in error.message


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE w:document [<!ENTITY a "boom"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/hostname">]>'

    def add_entities(name: str, content: bytes) -> bytes:
        if name != "word/document.xml":
            return content
        head, rest = content.split(b"?>", 1)
        return head + b"?>" + bomb.encode() + rest.replace(b"words", b"a &b; &x; z")

    text = parse(rewrite_zip(words(), add_entities), "a.docx").text

    assert "boom" not in text
    assert text == "a &b; &x; z"


def test_a_protected_document_says_so() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)

    assert parse_code(ole + "EncryptedPackage".encode("utf-16-le"), "a.docx") is ErrorCode.DOCUMENT_ENCRYPTED
    assert parse_code(ole + "WordDocument".encode("utf-16-le"), "a.doc") is ErrorCode.DOCUMENT_UNSUPPORTED


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_document_is_broken(share: float) -> None:
    whole = words()

    assert parse_code(whole[: int(len(whole) * share)], "a.docx") is ErrorCode.DOCUMENT_BROKEN


@pytest.mark.parametrize("part", ["word/document.xml", "[Content_Types].xml", "_rels/.rels", "word/styles.xml"])
@pytest.mark.parametrize("content", [b"", b"no xml", b"<w:x>", b"<?xml version='1.0'?><other/>"])
def test_a_document_with_a_spoilt_part_is_broken_or_readable(part: str, content: bytes) -> None:
    spoilt = rewrite_zip(words(), lambda name, old: content if name == part else old)

    with suppress(KubeloreError):
        assert parse(spoilt, "a.docx").text == "words"


def test_depth_costs_no_stack() -> None:
    def nest(name: str, content: bytes) -> bytes:
        deep = b"<w:smartTag>" * 200 + b"<w:r><w:t>words</w:t></w:r>" + b"</w:smartTag>" * 200
        return content.replace(b"<w:r><w:t>words</w:t></w:r>", deep) if name == "word/document.xml" else content

    assert parse(rewrite_zip(words(), nest), "a.docx").text == "words"


def test_a_document_without_words_is_empty() -> None:
    assert parse_code(make_docx(lambda document: document.add_paragraph(" ")), "a.docx") is ErrorCode.DOCUMENT_EMPTY
