"""Brings text into the one form that all character positions are counted in."""

import re

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_LONGEST_TITLE = 500


def normalise(text: str) -> str:
    r"""Return the text with `\n` as its only line end, and without control characters and lone surrogates.

    All other characters stay as they are: composing them (NFC) would make a quotation differ from its source.
    """
    # Printable text holds none of them, which is quick to tell: a sheet has millions of short cells.
    return text if text.isprintable() else _UNREADABLE.sub("", _LINE_END.sub("\n", text))


def one_line(text: str) -> str:
    """Return the text normalised, with every run of white space as a single space."""
    return " ".join(normalise(text).split())


def as_title(text: str) -> str:
    """Return the text as the title of a document or a section: one line of at most 500 characters."""
    return one_line(text)[:_LONGEST_TITLE].rstrip()
