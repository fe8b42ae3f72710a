import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode
from support.documents import parse, parse_code


def headings(document: ParsedDocument) -> list[tuple[int, str, str]]:
    """Return each heading's level, text, and the line that stands at its position."""
    return [
        (heading.level, heading.text, document.text[heading.start :].split("\n", 1)[0]) for heading in document.headings
    ]


def test_headings_are_found_where_they_stand() -> None:
    document = parse("intro\n\n# One\n\ntext\n\n## Two `code` **bold** [link](x) ##\n\nThree\n=====\n", "a.md")

    assert headings(document) == [
        (1, "One", "# One"),
        (2, "Two code bold link", "## Two `code` **bold** [link](x) ##"),
        (1, "Three", "Three"),
    ]


@pytest.mark.parametrize(
    "code", ["```bash\n# no heading\n```", "~~~\n# no heading\n~~~", "    # no heading", "<pre>\n# no heading\n</pre>"]
)
def test_a_hash_in_code_is_no_heading(code: str) -> None:
    document = parse(f"# Real\n\n{code}\n\n## Also real\n", "a.md")

    assert [heading.text for heading in document.headings] == ["Real", "Also real"]


def test_the_source_stays_as_it_is() -> None:
    source = "# T\n\n- a\n  - b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\n<div>\n\n\n  x\n```\n\n> quote  \nend"

    assert parse(source, "a.md").text == source


def test_front_matter_becomes_title_and_flat_metadata() -> None:
    document = parse(
        "---\ntitle: 'A: page'\ntags: [x, y, 3]\ndate: 2026-01-02\ndraft: true\nnested: {deep: {er: 1.5}}\nnone:\n---\n"
        "text\n",
        "a.md",
    )

    assert document.title == "A: page"
    assert document.text == "text"
    assert document.metadata == {
        "tags": "x, y, 3",
        "date": "2026-01-02",
        "draft": "true",
        "nested.deep.er": "1.5",
    }


@pytest.mark.parametrize(
    "front", ["- a\n- b", "a: [", "!!python/object/apply:os.getcwd []", "date: 2026-13-45", "just words", "[" * 5000]
)
def test_what_is_no_valid_front_matter_stays_text(front: str) -> None:
    document = parse(f"---\n{front}\n---\nafter\n", "a.md")

    assert document.metadata == {}
    assert front in document.text


def test_aliases_in_front_matter_do_not_multiply() -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(9))}}}" for n in range(1, 30)]

    document = parse("---\n" + "\n".join(lines) + "\n---\nafter\n", "a.md")

    assert document.text == "after"
    assert len(document.metadata) <= 64


def test_characters_that_no_encoding_holds_are_left_out() -> None:
    document = parse('---\ntitle: "a\\ud800b"\nkey: "c\\ud800\\0d"\n---\nafter\n', "a.md")

    assert (document.title, document.metadata) == ("ab", {"key": "cd"})


def test_metadata_is_bounded() -> None:
    front = "\n".join(f"key{number}: {'x' * 1500}" for number in range(10))

    metadata = parse(f"---\n{front}\n---\nafter\n", "a.md").metadata

    assert {len(value) for value in metadata.values()} == {1024}


def test_a_title_falls_back_to_the_first_heading() -> None:
    assert parse("text\n\n## First\n\n# Second\n", "a.md").title == "First"
    assert parse("only text", "a.md").title == ""


def test_html_goes_and_placeholders_stay() -> None:
    document = parse(
        'Use <your-key> and `<div>`.\n\n<a id="here"></a>\n\n<!-- a\n\nnote -->\n\n'
        '<div align="center">\nIn the <b>middle</b>\n</div>\n\nx < y, <https://example.org>\n',
        "a.md",
    )

    words = " ".join(document.text.split())
    assert words == "Use <your-key> and `<div>`. In the middle x < y, <https://example.org>"


def test_a_heading_keeps_no_id_that_a_site_gave_it() -> None:
    assert [heading.text for heading in parse("## Install {#install-it}\n", "a.md").headings] == ["Install"]


def test_front_matter_alone_is_an_empty_document() -> None:
    assert parse_code("---\ntitle: x\n---\n\n", "a.md") is ErrorCode.DOCUMENT_EMPTY


def test_chinese_markdown_keeps_exact_positions() -> None:
    document = parse("---\ntitle: 安装\n---\n简介😀。\n\n## 第一步：下载\n\n内容\n\n## 第二步\n", "a.md")

    assert headings(document) == [(2, "第一步：下载", "## 第一步：下载"), (2, "第二步", "## 第二步")]


@pytest.mark.parametrize("nested", ["> " * 2000 + "x", "- " * 2000 + "x", "*" * 20_000 + "x", "[" * 20_000])
def test_deep_nesting_is_read(nested: str) -> None:
    assert "after" in parse(f"# A\n\n{nested}\n\nafter\n", "a.md").text
