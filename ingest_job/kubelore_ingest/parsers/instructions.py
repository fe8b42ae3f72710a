"""What a parser is told beside the document."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kubelore.documents.reading import Reading


def _tell_nobody() -> None:
    """Do nothing: nobody waits."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to read, and `go_on`: called after each part that took long, so that the next is given as much time."""

    reading: Reading = field(default_factory=Reading)
    go_on: Callable[[], None] = _tell_nobody


BY_DEFAULT = Instructions()
"""The text that is in a document."""
