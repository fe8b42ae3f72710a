"""Estimates token counts for models whose tokenizer isn't here."""

import re

_TOKEN = re.compile(r"[A-Za-z]{1,3}|[^\sA-Za-z]")
_SECOND_TOKEN = re.compile(r"(?!\s)[\u0800-\U0010ffff]")
"""Of what takes more than two bytes in UTF-8; half a pair of surrogates counts as three."""

_SPECIAL_TOKENS = 2


class EstimatedTokenCounter:
    """Counts more tokens than nearly every tokenizer makes, so that a chunk that fits here fits the model.

    An English word is a token for every three letters or part of them (tokenizers need one for four on average), every
    other ASCII character one, and beyond ASCII each two bytes of UTF-8 one: two for a Chinese character or an emoji,
    one for a Cyrillic letter. `max_tokens` is what the shortest embedding models in common use read (512).
    """

    max_tokens: int = 512 - _SPECIAL_TOKENS

    def count(self, text: str) -> int:
        """Return the estimate, without special tokens."""
        second = 0 if text.isascii() else len(_SECOND_TOKEN.findall(text))
        return len(_TOKEN.findall(text)) + second
