"""Finds the headings and the page that a place in a document stands under."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from kubelore.documents.chunk import Heading, ParsedDocument

_LONGEST_HEADING = 100
"""Characters kept of a heading, so that nine levels of them fit into a vector store's field."""


class Locator:
    """Looks up one document's headings and pages by position."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self._heading_starts = [heading.start for heading in parsed.headings]
        self._heading_paths = list(_paths(parsed.headings))
        self._page_starts = [page.start for page in parsed.pages]
        self._page_numbers = [page.number for page in parsed.pages]

    def heading_path(self, position: int) -> tuple[str, ...]:
        """Return the headings above a character, outermost first; a heading stands under itself."""
        index = bisect_right(self._heading_starts, position)
        return self._heading_paths[index - 1] if index else ()

    def page(self, position: int) -> int | None:
        """Return the number of the page that a character is on; None in a format without pages."""
        index = bisect_right(self._page_starts, position)
        return self._page_numbers[index - 1] if index else None


def _paths(headings: Sequence[Heading]) -> Iterator[tuple[str, ...]]:
    above: list[Heading] = []
    for heading in headings:
        above = [other for other in above if other.level < heading.level]
        above.append(heading)
        yield tuple(other.text[:_LONGEST_HEADING] for other in above)
