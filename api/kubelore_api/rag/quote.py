"""Answers without a chat model: the best passages, quoted, with their numbers."""

import re
from collections.abc import Sequence

from kubelore_api.rag.cite import Source
from kubelore_api.rag.phrases import Phrases

MOST_PASSAGES = 3
LONGEST_PASSAGE = 600
"""Characters; the whole chunk stands among the sources."""

LEAST_SHARE_OF_BEST = 0.5
"""A passage that scores less than this share of the best one is not quoted."""

_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]|\n")


def quote(phrases: Phrases, sources: Sequence[Source]) -> str:
    """Quote the best sources, and say that no model wrote this."""
    passages = [f"{_shortened(source.text)} [{source.number}]" for source in _best(sources)]
    return "\n\n".join([phrases.no_chat_model, *passages])


def _best(sources: Sequence[Source]) -> Sequence[Source]:
    least = LEAST_SHARE_OF_BEST * sources[0].score
    return [source for source in sources[:MOST_PASSAGES] if source.score >= least]


def _shortened(text: str) -> str:
    """Cut at the last end of a sentence that fits, or in mid-sentence where there is none."""
    passage = text.strip()
    if len(passage) <= LONGEST_PASSAGE:
        return passage
    ends = [match.end() for match in _SENTENCE_END.finditer(passage, 0, LONGEST_PASSAGE)]
    return f"{passage[: ends[-1] if ends else LONGEST_PASSAGE].rstrip()} …"
