"""Numbers the sources of an answer, and holds the answer to them."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from kubelore.vectorstore.interface import Hit

_CITATION = re.compile(r"\s?\[(\d{1,3})\]")


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


def keep_known_citations(text: str, sources: int) -> tuple[str, int]:
    """Take citations of sources that were not given out of a text, and count them."""
    unknown = 0

    def keep_or_drop(match: re.Match[str]) -> str:
        nonlocal unknown
        if 1 <= int(match[1]) <= sources:
            return match[0]
        unknown += 1
        return ""

    return _CITATION.sub(keep_or_drop, text), unknown


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
