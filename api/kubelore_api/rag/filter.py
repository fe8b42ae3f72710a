"""Keeps what is relevant enough to be used."""

from collections.abc import Sequence

from kubelore.vectorstore.interface import Hit


def relevant(hits: Sequence[Hit], *, threshold: float, most: int) -> list[Hit]:
    """Return the best hits, at most so many, whose score reaches the threshold; `hits` come best first.

    A score of 0 is no relevance at all, whatever the threshold.
    """
    return [hit for hit in hits if hit.score > 0 and hit.score >= threshold][:most]
