"""The sentence strategy: whole sentences, as many as fit."""

import re
from collections.abc import Iterator, Sequence

from semantic_text_splitter import TextSplitter

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.chunkers.limits import Limits
from kubelore_ingest.chunkers.semantic import SemanticCutter
from kubelore_ingest.chunkers.spans import Span

_SENTENCE_END = re.compile(r"""[。！？；…]+["'”’」』）》)\]]*|[.!?]+["'”’)\]]*(?=\s)|\n\s*\n""")  # noqa: RUF001 - CJK marks
"""Chinese and Japanese put no space after a sentence."""


class SentenceCutter:
    """Packs sentences; neighbours share whole sentences, and one that is too long is cut as `recursive` does."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._long_sentences = SemanticCutter(TextSplitter, limits, overlap=0)

    def cut(self, parsed: ParsedDocument) -> Iterator[Span]:
        """Yield the chunks' places in their order."""
        packed: list[Span] = []
        for sentence in self._sentences(parsed.text):
            if packed and not self._fits(parsed.text, packed[0], sentence):
                yield Span(packed[0].start, packed[-1].end)
                packed = self._shared(parsed.text, packed, sentence)
            packed.append(sentence)
        if packed:
            yield Span(packed[0].start, packed[-1].end)

    def _sentences(self, text: str) -> Iterator[Span]:
        for span in _split(text):
            sentence = span.trimmed(text)
            if self._limits.fits(sentence.of(text)):
                yield sentence
            else:
                yield from self._long_sentences.cut(text, sentence)

    def _fits(self, text: str, first: Span, last: Span) -> bool:
        return self._limits.fits(text[first.start : last.end])

    def _shared(self, text: str, packed: Sequence[Span], following: Span) -> list[Span]:
        """Return the last of the packed sentences, as many as the overlap and the next chunk have room for."""
        for index in range(1, len(packed)):
            shared = text[packed[index].start : packed[-1].end]
            if self._limits.length(shared) <= self._limits.overlap and self._fits(text, packed[index], following):
                return list(packed[index:])
        return []


def _split(text: str) -> Iterator[Span]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        yield Span(start, match.end())
        start = match.end()
    yield Span(start, len(text))
