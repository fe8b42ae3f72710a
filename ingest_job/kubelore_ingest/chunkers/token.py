"""The token strategy: windows of a fixed size, as full as whole words make them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.spans import Span

_LONGEST_WORD = 64
_FIRST_IDEOGRAPHIC = "\u2e80"
"""From here on characters are of scripts that put no space between words."""


class TokenCutter:
    """Takes as many characters as fit, then steps back by the overlap."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def cut(self, parsed: ParsedDocument) -> Iterator[Span]:
        """Yield the chunks' places in their order."""
        text, start, end = parsed.text, 0, 0
        while end < len(text):
            end = _back_to_word_edge(text, start, self._end(text, start))
            yield Span(start, end)
            start = _on_to_word_edge(text, self._next_start(text, start, end), end)

    def _end(self, text: str, start: int) -> int:
        """Return where the longest text from `start` that fits ends; one character is taken in any case."""
        ends = range(start + 1, min(start + self._limits.most_characters, len(text)) + 1)
        fitting = bisect_right(ends, self._limits.capacity, key=lambda end: self._limits.length(text[start:end]))
        end = ends[max(fitting - 1, 0)]
        # A longer text may have fewer tokens where a word becomes whole, so the search can end a little too far.
        while end > start + 1 and not self._limits.fits(text[start:end]):
            end -= 1
        return end

    def _next_start(self, text: str, start: int, end: int) -> int:
        """Return where the longest text up to `end` starts that is no longer than the overlap."""
        starts = range(start + 1, end)
        place = bisect_left(starts, -self._limits.overlap, key=lambda begin: -self._limits.length(text[begin:end]))
        return starts[place] if place < len(starts) else end


def _back_to_word_edge(text: str, start: int, end: int) -> int:
    """Return where the word begins that `end` is within; `end` itself where that is too far back."""
    places = range(end, max(start, end - _LONGEST_WORD), -1)
    return next((place for place in places if not _is_within_word(text, place)), end)


def _on_to_word_edge(text: str, start: int, end: int) -> int:
    """Return where the word ends that `start` is within, at the latest `end`; `start` itself where that is too far."""
    places = range(start, min(start + _LONGEST_WORD, end + 1))
    return next((place for place in places if not _is_within_word(text, place)), start)


def _is_within_word(text: str, place: int) -> bool:
    around = text[place - 1 : place + 1] if place else ""
    return len(around) > 1 and all(character.isalnum() and character < _FIRST_IDEOGRAPHIC for character in around)
