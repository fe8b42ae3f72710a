"""The markdown strategy: a chunk never crosses a heading, and lists, tables and code stay whole if they fit."""

import re
from collections.abc import Iterator
from itertools import pairwise

from semantic_text_splitter import MarkdownSplitter

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.semantic import SemanticCutter
from kubelore_ingest.chunkers.spans import Span

_HEADING_ALONE = re.compile(r"\s*[^\n]*(?:\n[ ]{0,3}(?:=+|-+))?\s*\Z")


class MarkdownCutter:
    """Cuts at every heading, in any format that has some, then each section where it is too long."""

    def __init__(self, limits: Limits) -> None:
        self._cutter = SemanticCutter(MarkdownSplitter, limits, limits.overlap)

    def cut(self, parsed: ParsedDocument) -> Iterator[Span]:
        """Yield the chunks' places in their order."""
        for section in _sections(parsed):
            yield from self._cutter.cut(parsed.text, section)


def _sections(parsed: ParsedDocument) -> Iterator[Span]:
    """Yield the parts between headings; a heading without a text of its own goes with the section after it."""
    edges = sorted({0, len(parsed.text), *(heading.start for heading in parsed.headings)})
    headings = {heading.start for heading in parsed.headings}
    start = 0
    for edge, following in pairwise(edges):
        section = Span(edge, following)
        is_last = following == edges[-1]
        if is_last or edge not in headings or not _HEADING_ALONE.match(section.of(parsed.text)):
            yield Span(start, following)
            start = following
