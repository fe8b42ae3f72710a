import pytest

from kubelore.errors import ErrorCode
from support.documents import make_epub, parse, parse_code


def test_chapters_stand_in_their_order_with_their_headings() -> None:
    document = parse(make_epub(["<h1>One</h1><p>First</p>", "<h2>二</h2><ul><li>x</li></ul>"]), "a.epub")

    assert document.text == "One\n\nFirst\n\n二\n\n- x"
    assert [(heading.level, heading.text) for heading in document.headings] == [(1, "One"), (2, "二")]


def test_the_table_of_contents_names_a_chapter_without_a_heading() -> None:
    document = parse(make_epub(["<h1>One</h1>", "<p>words</p>"], {"c0": "not this", "c1": "Two"}), "a.epub")

    assert document.text == "One\n\nTwo\n\nwords"
    assert [heading.text for heading in document.headings] == ["One", "Two"]


def test_a_navigation_page_names_chapters_too() -> None:
    nav = '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><a href="text/c0.xhtml">Start</a></nav></body></html>'
    package = """<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest>
        <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
        <item id="c0" href="text/c0.xhtml" media-type="application/xhtml+xml"/></manifest>
        <spine><itemref idref="c0"/></spine></package>"""

    book = make_epub(["<p>words</p>"], OEBPS__nav_DOT_xhtml=nav, OEBPS__book_DOT_opf=package)

    assert parse(book, "a.epub").text == "Start\n\nwords"


def test_title_and_properties_come_from_the_book() -> None:
    document = parse(make_epub(["<p>words</p>"]), "a.epub")

    assert (document.title, document.metadata) == ("The book", {"creator": "Ann", "language": "zh"})


def test_content_tells_a_book_whatever_its_name() -> None:
    assert parse(make_epub(["<p>words</p>"]), "a.zip").text == "words"


def test_an_encrypted_chapter_makes_the_book_encrypted_and_an_encrypted_font_does_not() -> None:
    rights = '<encryption><CipherReference URI="OEBPS/{}"/></encryption>'

    protected = make_epub(["<p>x</p>"], **{"META-INF__encryption_DOT_xml": rights.format("text/c0.xhtml")})
    font = make_epub(["<p>x</p>"], **{"META-INF__encryption_DOT_xml": rights.format("font.otf")})

    assert parse_code(protected, "a.epub") is ErrorCode.DOCUMENT_ENCRYPTED
    assert parse(font, "a.epub").text == "x"


@pytest.mark.parametrize(
    "files",
    [
        {"META-INF__container_DOT_xml": "<container/>"},
        {"META-INF__container_DOT_xml": ""},
        {"OEBPS__book_DOT_opf": "<package><spine><itemref idref='gone'/></spine></package>"},
        {"OEBPS__book_DOT_opf": "words"},
        {"OEBPS__toc_DOT_ncx": "<ncx>"},
    ],
)
def test_a_spoilt_book_is_broken(files: dict[str, str]) -> None:
    assert parse_code(make_epub(["<p>words</p>"], **files), "a.epub") is ErrorCode.DOCUMENT_BROKEN


def test_a_path_leads_to_nothing_outside_the_book() -> None:
    package = """<package xmlns="http://www.idpf.org/2007/opf"><manifest>
        <item id="x" href="../../../etc/passwd" media-type="text/html"/></manifest>
        <spine><itemref idref="x"/></spine></package>"""

    assert parse_code(make_epub([], OEBPS__book_DOT_opf=package), "a.epub") is ErrorCode.DOCUMENT_BROKEN


def test_a_book_of_pictures_has_no_text() -> None:
    assert parse_code(make_epub(["<img src='a.png'/>"]), "a.epub") is ErrorCode.DOCUMENT_HAS_NO_TEXT
