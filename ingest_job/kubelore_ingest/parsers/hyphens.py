"""Puts words together that a line end broke, where the document itself shows that it may."""

import re
from collections.abc import Sequence

LINE_END_HYPHEN = "\x02"
"""What PDFium writes in place of a hyphen at a line's end and of the line end."""

_WORD = re.compile(r"\w+")
_BROKEN_WORD = re.compile(rf"(\w+){LINE_END_HYPHEN}(\w+)")


def join_hyphenated(texts: Sequence[str]) -> list[str]:
    """Return the texts with their line-end hyphens resolved.

    A word is put together only where it stands whole somewhere in the texts; otherwise the hyphen may be its own,
    as in `well-known`, and stays.
    """
    if not any(LINE_END_HYPHEN in text for text in texts):
        return list(texts)
    whole_words = {word.casefold() for text in texts for word in _WORD.findall(text)}

    def resolve(broken: re.Match[str]) -> str:
        joined = broken[1] + broken[2]
        return joined if joined.casefold() in whole_words else f"{broken[1]}-{broken[2]}"

    return [_BROKEN_WORD.sub(resolve, text).replace(LINE_END_HYPHEN, "-") for text in texts]
