"""Estimates token counts for models whose tokenizer isn't here."""

import re

_WORD = re.compile(r"[A-Za-z]+")
_LETTERS_A_TOKEN = 3
_BYTES_A_TOKEN = 2
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
        words = sum(-(-len(word) // _LETTERS_A_TOKEN) for word in _WORD.findall(text))
        return words + sum(_tokens_of(character) for character in _WORD.sub("", text) if not character.isspace())


def _tokens_of(character: str) -> int:
    """Return the tokens of a character that belongs to no word; half a pair of surrogates counts as three bytes."""
    return -(-len(character.encode("utf-8", "surrogatepass")) // _BYTES_A_TOKEN)
