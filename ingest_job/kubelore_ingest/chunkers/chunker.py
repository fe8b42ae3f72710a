"""Makes chunks of the places that a strategy chose."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from kubelore.documents.chunk import Chunk, ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.locate import Locator
from kubelore_ingest.chunkers.spans import Span


class Cutter(Protocol):
    """A strategy: says where a document is cut."""

    def cut(self, parsed: ParsedDocument) -> Iterator[Span]:
        """Yield the chunks' places in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Chunker:
    """Cuts documents by one strategy."""

    cutter: Cutter
    limits: Limits

    def chunk(self, parsed: ParsedDocument) -> Iterator[Chunk]:
        """Yield a document's chunks in their order: none without text, none longer than the model reads.

        Raises KubeloreError CHUNK_TOO_LONG where a single character is longer than the model reads.
        """
        locator = Locator(parsed)
        for index, span in enumerate(_with_text_of_their_own(self.cutter.cut(parsed), parsed.text)):
            text = span.of(parsed.text)
            if not self.limits.fits(text):
                place = f"{parsed.title or 'document'}, character {span.start}"
                raise KubeloreError(ErrorCode.CHUNK_TOO_LONG, place, "it can't be cut further")
            yield Chunk(
                index=index,
                text=text,
                char_start=span.start,
                char_end=span.end,
                heading_path=locator.heading_path(span.start),
                page=locator.page(span.start),
            )


def _with_text_of_their_own(spans: Iterable[Span], text: str) -> Iterator[Span]:
    """Yield the trimmed spans, without those that add but white space to what came before."""
    end = 0
    for span in spans:
        trimmed = span.trimmed(text)
        if trimmed.end > max(end, trimmed.start):
            end = trimmed.end
            yield trimmed
