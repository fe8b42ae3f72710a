"""The rows that were found for a question, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubelore.vectorstore.interface import Hit


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows, best first; it is whole unless a stage was away that would have ordered them better."""

    hits: Sequence[Hit]
    is_whole: bool = True
