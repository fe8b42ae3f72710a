"""Parsed text and the chunks cut from it."""

from pydantic import Field

from kubelore.documents.models import StoredModel


class Heading(StoredModel):
    """A heading, by the character it starts at."""

    start: int
    level: int = Field(ge=1, le=9)
    text: str


class Page(StoredModel):
    """A page, by the character it starts at."""

    start: int
    number: int = Field(ge=1)


class ParsedDocument(StoredModel):
    """A document's text; all positions are character offsets into `text`."""

    text: str
    title: str = ""
    headings: tuple[Heading, ...] = ()
    pages: tuple[Page, ...] = ()
    metadata: dict[str, str] = Field(default_factory=dict)


class Chunk(StoredModel):
    """A piece of a parsed document: `text == parsed.text[char_start:char_end]`."""

    index: int
    text: str
    char_start: int
    char_end: int
    heading_path: tuple[str, ...] = ()
    page: int | None = None
