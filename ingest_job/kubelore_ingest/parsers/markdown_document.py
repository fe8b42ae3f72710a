"""Reads Markdown's structure: front matter, headings, and where code is that must stay as it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kubelore.documents.chunk import Heading, ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.front_matter import split_front_matter
from kubelore_ingest.parsers.metadata import flat_metadata
from kubelore_ingest.parsers.normalise import as_title, one_line

_CODE = frozenset({"fence", "code_block"})
_HEADING_ID = re.compile(r"\s*\{#[\w.:-]+\}$")


def read_markdown(source: str, name: str, *, clean: Callable[[str], str], mdx: bool = False) -> ParsedDocument:
    """Return the document; its text is the source without front matter, `clean`ed wherever it is no code.

    In MDX indentation makes no code, and tags make no block of HTML.
    """
    properties, body = split_front_matter(source)
    text = _clean_prose(body, clean, mdx=mdx).strip("\n")
    if not text.strip():
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    headings = tuple(_headings(text, mdx=mdx))
    title = as_title(str(properties.get("title") or "")) or next((heading.text for heading in headings), "")
    metadata = flat_metadata({key: value for key, value in properties.items() if key != "title"})
    return ParsedDocument(text=text, title=title, headings=headings, metadata=metadata)


@cache
def _block_parser(*, mdx: bool) -> MarkdownIt:
    """Return a parser that finds blocks alone."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.disable(["code", "html_block"]) if mdx else parser


@cache
def _inline_parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


def _clean_prose(text: str, clean: Callable[[str], str], *, mdx: bool) -> str:
    lines = text.splitlines(keepends=True)
    parts: list[str] = []
    done = 0
    for token in _block_parser(mdx=mdx).parse(text):
        if token.type in _CODE and token.map and token.map[0] >= done:
            start, end = token.map
            parts += (clean("".join(lines[done:start])), "".join(lines[start:end]))
            done = end
    return "".join((*parts, clean("".join(lines[done:]))))


def _headings(text: str, *, mdx: bool) -> Iterator[Heading]:
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    tokens = _block_parser(mdx=mdx).parse(text)
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            title = _plain(tokens[index + 1].content)
            if title:
                yield Heading(start=starts[token.map[0]], level=int(token.tag[1:]), text=title)


def _plain(markdown: str) -> str:
    """Return a line of Markdown as it reads, without its marks and without the `{#id}` that some sites give it."""
    tokens = _inline_parser().parseInline(markdown)
    return as_title(_HEADING_ID.sub("", one_line("".join(_texts(tokens)))))


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children:
            yield from _texts(token.children)
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type != "html_inline":
            yield token.content
