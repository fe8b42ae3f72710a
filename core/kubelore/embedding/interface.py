"""The interface every embedding backend implements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), L2-normalised rows."""


@dataclass(frozen=True, slots=True)
class QueryEmbedding:
    """A question's vector, and the share of its characters that the model's tokenizer knows.

    `known_share` is between 0 and 1; 1 where the backend can't tell. A low share means that the vector is noise.
    """

    vector: tuple[float, ...]
    known_share: float = 1.0


class TokenCounter(Protocol):
    """Counts tokens as the embedding model does.

    `max_tokens` is the largest count of a passage that the model reads to its end: room for the special tokens and for
    the passage prefix is taken off already.
    """

    max_tokens: int

    def count(self, text: str) -> int:
        """Return the number of tokens of a text, without the special ones."""
        ...


class Embedder(Protocol):
    """Embeds passages and questions; safe to call from several threads."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector; asks the model where it isn't known yet."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages in the given order.

        Raises KubeloreError EMBEDDER_UNREACHABLE, EMBEDDER_REFUSED or EMBEDDING_DIMENSION.
        """
        ...

    def embed_query(self, text: str) -> QueryEmbedding:
        """Embed one question; raises as `embed_passages` does."""
        ...

    def close(self) -> None:
        """Give back what the backend holds."""
        ...
