"""Numbers the sources of an answer, and holds the answer to them."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from kubelore.vectorstore.interface import Hit

_CITATION = re.compile(r"\s?\[(\d{1,3}(?:\s*[,，]\s*\d{1,3})*)\]")
_BEGUN_CITATION = re.compile(r"\s?\[[\d\s,，]{0,40}\Z")
_NUMBER = re.compile(r"\d+")


class Source(BaseModel):
    """A passage that an answer stands on; `char_start:char_end` are its place in the document's parsed text."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="The number that the answer cites it by.")
    document: str = Field(description="What the document is known by.")
    document_id: str
    title: str
    heading_path: str
    page: int | None
    char_start: int
    char_end: int
    score: float = Field(description="Between 0 and 1; higher is better.")
    text: str


def number_sources(hits: Sequence[Hit]) -> tuple[Source, ...]:
    """Turn hits into sources, counted from 1 in their order."""
    return tuple(_source(number, hit) for number, hit in enumerate(hits, start=1))


def cited_numbers(text: str) -> list[tuple[int, int]]:
    """Return the numbers that a text cites, each with the position behind its citation, in their order."""
    return [(int(number), match.end()) for match in _CITATION.finditer(text) for number in _NUMBER.findall(match[1])]


def keep_known_citations(text: str, sources: int) -> tuple[str, int]:
    """Take citations of sources that were not given out of a text, and count them."""
    citations = CitationFilter(sources)
    return citations.feed(text) + citations.rest(), citations.unknown


class CitationFilter:
    """Takes citations of sources that were not given out of a text that comes in pieces.

    What may be the beginning of a citation is held back until more of it is there; `unknown` counts what was taken out.
    """

    def __init__(self, sources: int) -> None:
        """Know the sources from 1 up to this number."""
        self._sources = sources
        self._held = ""
        self.unknown = 0

    @property
    def holds(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)

    def feed(self, piece: str) -> str:
        """Return what can be told so far."""
        text = self._held + piece
        begun = _BEGUN_CITATION.search(text)
        end = begun.start() if begun else len(text)
        self._held = text[end:]
        return _CITATION.sub(self._checked, text[:end])

    def rest(self) -> str:
        """Return what is held back: nothing more comes, so it is no citation."""
        held, self._held = self._held, ""
        return held

    def _checked(self, citation: re.Match[str]) -> str:
        numbers = _NUMBER.findall(citation[1])
        known = [number for number in numbers if 1 <= int(number) <= self._sources]
        self.unknown += len(numbers) - len(known)
        if len(known) == len(numbers):
            return citation[0]
        return citation[0].replace(citation[1], ", ".join(known)) if known else ""


def _source(number: int, hit: Hit) -> Source:
    row = hit.row
    return Source(
        number=number,
        document=row.source,
        document_id=row.document_id,
        title=row.title,
        heading_path=row.heading_path,
        page=row.page,
        char_start=row.char_start,
        char_end=row.char_end,
        score=round(hit.score, 4),
        text=row.chunk_text,
    )
