"""Measures how long a chunk is and says how long it may be."""

from collections.abc import Callable
from functools import lru_cache

from kubelore.embedding.interface import TokenCounter
from kubelore.errors import ErrorCode, KubeloreError

CHARACTERS = "characters"
TOKENS = "tokens"

MOST_BYTES = 65_535
"""The most bytes of a chunk in UTF-8: Milvus keeps no longer text in a field."""

_MOST_CHARACTERS_A_TOKEN = 16
"""More on average means a run that the tokenizer doesn't know and calls one token, as a long base64 string."""

_REMEMBERED_LENGTHS = 512


class Limits:
    """How long chunks may be: in what the user counts, in the model's tokens, in characters and in bytes.

    `length` measures a text against all of them at once: it is `capacity` for the longest chunk, 1 for the shortest.
    `overlap`, in the same measure, shrinks where the model reads less than the size that was asked for.
    """

    def __init__(self, size: int, overlap: int, unit: str, counter: TokenCounter) -> None:
        """Raise KubeloreError RESOURCE_INVALID where the numbers make no chunks."""
        _check(size, overlap, unit)
        in_tokens = unit == TOKENS
        self._count_tokens = counter.count
        self._most_tokens = min(size, counter.max_tokens) if in_tokens else counter.max_tokens
        longest = min(self._most_tokens * _MOST_CHARACTERS_A_TOKEN, MOST_BYTES)
        self.most_characters = longest if in_tokens else min(size, longest)
        # As the least of the limits, it makes no text longer than its bytes, which semantic-text-splitter counts on.
        self.capacity = min(self._most_tokens, self.most_characters)
        self.overlap = overlap * self.capacity // size
        self.length: Callable[[str], int] = lru_cache(maxsize=_REMEMBERED_LENGTHS)(self._length)

    def fits(self, text: str) -> bool:
        """Whether a text may be a chunk."""
        return self.length(text) <= self.capacity

    def _length(self, text: str) -> int:
        return max(
            self._share(self._count_tokens(text), self._most_tokens),
            self._share(len(text), self.most_characters),
            self._share(len(text.encode()), MOST_BYTES),
        )

    def _share(self, amount: int, most: int) -> int:
        return -(-amount * self.capacity // most)


def _check(size: int, overlap: int, unit: str) -> None:
    if unit not in {TOKENS, CHARACTERS}:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, "spec.chunking.unit", f"{unit}: use {TOKENS} or {CHARACTERS}")
    if size < 1:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, "spec.chunking.size", f"{size}: at least 1")
    if not 0 <= overlap < size:
        raise KubeloreError(
            ErrorCode.RESOURCE_INVALID, "spec.chunking.overlap", f"{overlap}: at least 0 and less than the size, {size}"
        )
