"""Cuts text where its meaning lets it be cut, in time that grows with its length alone."""

from collections.abc import Iterator

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.spans import Span

_LEAST_WINDOW = 16_384


class SemanticCutter:
    """Feeds a splitter of semantic-text-splitter a window of characters at a time.

    The splitter's own time grows with the square of a text that has few places to cut at.
    """

    def __init__(self, splitter: type[TextSplitter] | type[MarkdownSplitter], limits: Limits, overlap: int) -> None:
        self._limits = limits
        self._splitter = splitter.from_callback(limits.length, limits.capacity, overlap)
        self._window = max(_LEAST_WINDOW, 2 * limits.most_characters)

    def cut(self, text: str, whole: Span) -> Iterator[Span]:
        """Yield the chunks within `whole` in their order, without white space at their ends."""
        position = whole.start
        while position < whole.end:
            window = Span(position, min(position + self._window, whole.end))
            spans = self._cut_window(text, window)
            position = window.end
            if window.end < whole.end and len(spans) > 1:
                # The last chunk may have been cut short by the window: the next one starts with it.
                position = spans.pop().start
            for span in spans:
                yield from self._halved(text, span)

    def _cut_window(self, text: str, window: Span) -> list[Span]:
        chunks = self._splitter.chunk_indices(window.of(text))
        return [Span(window.start + offset, window.start + offset + len(chunk)) for offset, chunk in chunks]

    def _halved(self, text: str, span: Span) -> Iterator[Span]:
        """Cut a span in halves until they fit: the splitter takes a text of few bytes for one of few tokens."""
        middle = (span.start + span.end) // 2
        if middle == span.start or self._limits.fits(span.of(text)):
            yield span
        else:
            yield from self._halved(text, Span(span.start, middle))
            yield from self._halved(text, Span(middle, span.end))
