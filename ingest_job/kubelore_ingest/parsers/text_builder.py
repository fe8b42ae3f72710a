"""Assembles a document's text while noting where its headings and pages start."""

from kubelore.documents.chunk import Heading, Page, ParsedDocument
from kubelore_ingest.parsers.normalise import as_title, normalise, one_line

PARAGRAPH = "\n\n"
LINE = "\n"


class TextBuilder:
    """A text that grows by blocks; what is empty adds nothing."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._pages: list[Page] = []
        self._page_to_come: int | None = None

    def add(self, text: str, separator: str = PARAGRAPH) -> int | None:
        """Append a block after a separator; return where it starts, or None where it is empty."""
        block = normalise(text)
        if not block.strip():
            return None
        if self._parts:
            self._append(separator)
        start = self._length
        self._append(block)
        self._note_page(start)
        return start

    def add_heading(self, level: int, text: str) -> None:
        """Append a heading as a line of its own."""
        start = self.add(one_line(text))
        if start is not None:
            self._headings.append(Heading(start=start, level=level, text=as_title(text)))

    def start_page(self, number: int) -> None:
        """Start a page; the next block that isn't empty begins it."""
        self._page_to_come = number

    def add_page(self, number: int, text: str) -> int | None:
        """Append a page; return where it starts, or None where it is empty."""
        self.start_page(number)
        return self.add(text)

    def build(self, title: str, metadata: dict[str, str], headings: tuple[Heading, ...] = ()) -> ParsedDocument:
        """Return the document; without a title of its own it gets its first heading's.

        `headings` are those that the caller found in the text by itself.
        """
        found = (*self._headings, *headings)
        return ParsedDocument(
            text="".join(self._parts),
            title=as_title(title) or next((heading.text for heading in found), ""),
            headings=found,
            pages=tuple(self._pages),
            metadata=metadata,
        )

    def _note_page(self, start: int) -> None:
        if self._page_to_come is not None:
            self._pages.append(Page(start=start, number=self._page_to_come))
            self._page_to_come = None

    def _append(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)
