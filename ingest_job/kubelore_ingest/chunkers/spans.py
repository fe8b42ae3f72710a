"""Pieces of a text by where they start and end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from `start` up to, but not at, `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return what stands there."""
        return text[self.start : self.end]

    def trimmed(self, text: str) -> "Span":
        """Return the span without white space at its ends."""
        piece = self.of(text)
        start = self.start + len(piece) - len(piece.lstrip())
        return Span(start, start + len(piece.strip()))
