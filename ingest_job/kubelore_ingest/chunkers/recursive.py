"""The recursive strategy: paragraphs, else lines, else sentences, else words, as many as fit."""

from collections.abc import Iterator

from semantic_text_splitter import TextSplitter

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.semantic import SemanticCutter
from kubelore_ingest.chunkers.spans import Span


class RecursiveCutter:
    """Fills each chunk with the largest parts of the text that fit."""

    def __init__(self, limits: Limits) -> None:
        self._cutter = SemanticCutter(TextSplitter, limits, limits.overlap)

    def cut(self, parsed: ParsedDocument) -> Iterator[Span]:
        """Yield the chunks' places in their order."""
        return self._cutter.cut(parsed.text, Span(0, len(parsed.text)))
