"""Counts the tokens of a text word by word, for tokenizers whose words know nothing of each other."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence

from tokenizers import Tokenizer

_WORD = re.compile(r"[\u4e00-\u9fff]|[^ \t\n\r\u3000\u4e00-\u9fff]+")
"""A Chinese character, or what stands between white space and those."""

_LONGEST_KEPT = 64
_MOST_KEPT = 200_000
_FEWEST_CHARACTERS = 64
"""Below it one call costs less than looking words up."""


def counts_by_word(tokenizer: Tokenizer) -> bool:
    """Whether a text has as many tokens as its words: BERT's do, where white space or a Chinese character ends each."""
    parts = json.loads(tokenizer.to_str())
    normalizer, pre_tokenizer = parts["normalizer"] or {}, parts["pre_tokenizer"] or {}
    is_bert = (normalizer.get("type"), pre_tokenizer.get("type")) == ("BertNormalizer", "BertPreTokenizer")
    return is_bert and bool(normalizer["clean_text"] and normalizer["handle_chinese_chars"])


class WordCounts:
    """Remembers how many tokens each word has: a chunker measures the same words again and again.

    `count_each` counts several texts at once. Safe to use from several threads.
    """

    def __init__(self, count_each: Callable[[Sequence[str]], Sequence[int]]) -> None:
        self._count_each = count_each
        self._known: dict[str, int] = {}

    def count(self, text: str) -> int:
        """Return the number of tokens of a text of any length."""
        if len(text) < _FEWEST_CHARACTERS:
            return self._count_each([text])[0]
        words, known = _WORD.findall(text), self._known
        new = self._learn(dict.fromkeys(word for word in words if word not in known))
        return sum(known[word] if word in known else new[word] for word in words)

    def _learn(self, words: Collection[str]) -> Mapping[str, int]:
        """Count words, and remember those that may come again."""
        new = dict(zip(words, self._count_each(list(words)), strict=True)) if words else {}
        if len(self._known) > _MOST_KEPT:
            self._known = {}
        self._known.update((word, count) for word, count in new.items() if len(word) <= _LONGEST_KEPT)
        return new
