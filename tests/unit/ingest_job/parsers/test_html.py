import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode
from support.documents import parse, parse_code, parse_error


def body(html: str) -> str:
    """Return the text of a page with this body."""
    return parse(f"<!DOCTYPE html><html><body>{html}</body></html>", "page.html").text


def heading_lines(document: ParsedDocument) -> list[tuple[int, str]]:
    """Return each heading's level and the line that stands at its position."""
    return [(heading.level, document.text[heading.start :].split("\n", 1)[0]) for heading in document.headings]


def test_only_the_main_content_is_read() -> None:
    page = """<html lang="en"><head><title>The &amp; title</title><style>p {}</style>
        <meta name="Description" content="About it"><script>var a = "<p>no</p>"</script></head><body>
        <header>site</header><nav>menu</nav><aside>ads</aside>
        <main><header><h1>Top</h1></header><p>Words</p><div hidden>secret</div><p aria-hidden="true">icon</p>
        <form>search <input value="x"><button>go</button></form></main><footer>imprint</footer></body></html>"""

    document = parse(page, "page.html")

    assert document.text == "Top\n\nWords"
    assert document.title == "The & title"
    assert document.metadata == {"description": "About it", "language": "en"}


def test_a_page_without_main_content_is_read_whole() -> None:
    assert body("<header>site</header><div>one</div><main> </main><article>a</article><article>b</article>") == (
        "one\n\na\n\nb"
    )


def test_headings_stand_where_they_are() -> None:
    document = parse("<p>intro</p><h1>A <em>b</em>\n c</h1><p>x</p><h3>深 <br>入</h3><h2> </h2>", "page.html")

    assert heading_lines(document) == [(1, "A b c"), (3, "深 入")]


def test_white_space_is_collapsed_but_for_what_is_preformatted() -> None:
    assert body("<p>a \n  b <b> c</b>d<br> e</p><pre>  x\n\n    y  </pre>z") == "a b cd\ne\n\n  x\n\n    y\n\nz"


def test_a_table_is_a_line_a_row() -> None:
    table = """<table><caption>Cap</caption><thead><tr><th>Name<th>Size</tr></thead>
        <tbody><tr><td>a<br>b</td><td><p>1</p><p>2</p></td></tr><tr><td></td><td>3</td></tr></tbody></table>"""

    assert body(f"before{table}{table}after") == (
        "before\n\nCap\n\nName | Size\na b | 1 2\n | 3\n\nCap\n\nName | Size\na b | 1 2\n | 3\n\nafter"
    )


def test_a_table_that_lays_out_a_page_is_read_as_a_page() -> None:
    document = parse("<table><tr><td><h1>A</h1><p>b</td><td>c<table><tr><td>1<td>2</table></table>", "page.html")

    assert document.text == "A\n\nb\n\nc\n\n1 | 2"
    assert heading_lines(document) == [(1, "A")]


def test_lists_are_readable() -> None:
    assert body("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul><ol><li>x</li><li>y</li></ol>") == (
        "- a\n  - b\n- c\n1. x\n2. y"
    )


def test_pictures_speak_by_their_alternative_text() -> None:
    assert body('<p>see <img src="x" alt="the architecture"> here</p>') == "see the architecture here"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ('<meta charset="gbk"><p>如何安装'.encode("gbk"), "如何安装"),
        ('<?xml version="1.0" encoding="gb2312"?><html><p>如何安装</p></html>'.encode("gb2312"), "如何安装"),
        ("<html><p>如何安装".encode("utf-16"), "如何安装"),
        ('<meta charset="utf-8"><p>café'.encode("latin-1"), "café"),
        ('<meta charset="no-such-charset"><p>café'.encode(), "café"),
    ],
)
def test_the_encoding_is_the_declared_one_where_that_can_be(page: bytes, text: str) -> None:
    assert parse(page, "page.html").text == text


def test_entities_of_the_pages_own_are_not_expanded() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    own = f'<!ENTITY e0 "boom">{bomb}<!ENTITY x SYSTEM "file:///etc/hostname">'

    text = parse(f"<!DOCTYPE html [{own}]><html><p>a &e11; &x; &amp; b</p>", "page.html").text

    assert "boom" not in text
    assert len(text) < 2000
    assert text.endswith("a &e11; &x; & b")


def test_depth_costs_no_stack() -> None:
    assert "inner" in body("<div>" * 1500 + "inner" + "</div>" * 1500)


def test_what_is_nested_too_deeply_is_refused_and_not_lost_in_silence() -> None:
    error = parse_error("<p>before</p>" + "<div>" * 100_000 + "inner", "page.html")

    assert error.code is ErrorCode.DOCUMENT_BROKEN
    assert "nested too deeply" in error.message


@pytest.mark.parametrize("page", ["<html><body><p>words <b>cut o", "</p></div>words<p", "<<<>>words", "<p>words\0"])
def test_broken_markup_is_repaired(page: str) -> None:
    assert "words" in parse(page, "page.html").text


@pytest.mark.parametrize("page", ["<html></html>", "<!-- x -->", "<script>var a</script>", "<p> &nbsp; </p>"])
def test_a_page_without_words_is_empty(page: str) -> None:
    assert parse_code(page, "page.html") is ErrorCode.DOCUMENT_EMPTY
