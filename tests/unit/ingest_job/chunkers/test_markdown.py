from kubelore_ingest.chunkers.limits import TOKENS
from kubelore_ingest.chunkers.registry import make_chunker
from support.documents import parse, tokenizer

PAGE = """intro

# Guide

## Install

Run it.

```bash
# not a heading
make install
```

### Check

All is well.

## Remove
"""


def chunks(source: str, name: str = "a.md", size: int = 512) -> list[tuple[tuple[str, ...], str]]:
    """Return each chunk's heading path and text."""
    chunker = make_chunker("markdown", size, 0, TOKENS, tokenizer())
    return [(chunk.heading_path, chunk.text) for chunk in chunker.chunk(parse(source, name))]


def test_a_chunk_is_a_section_and_a_lone_heading_goes_with_the_next() -> None:
    assert chunks(PAGE) == [
        ((), "intro"),
        (("Guide",), "# Guide\n\n## Install\n\nRun it.\n\n```bash\n# not a heading\nmake install\n```"),
        (("Guide", "Install", "Check"), "### Check\n\nAll is well."),
        (("Guide", "Remove"), "## Remove"),
    ]


def test_sections_are_those_of_any_format_that_has_headings() -> None:
    assert chunks("<h1>A</h1><p>one</p><h2>B</h2><p>two</p>", "a.html") == [
        (("A",), "A\n\none"),
        (("A", "B"), "B\n\ntwo"),
    ]


def test_a_long_section_is_cut_at_its_blocks() -> None:
    items = [f"- item {number} of the list has a few words" for number in range(40)]

    texts = [text for _, text in chunks("## Long\n\n" + "\n".join(items), size=100)]

    assert len(texts) > 3
    assert [line for text in texts for line in text.splitlines() if line.startswith("- ")] == items
