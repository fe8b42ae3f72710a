"""What a check found."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from kubelore.errors import KubeloreError


class Health(Enum):
    """How bad it is: a warning keeps nothing from working."""

    GOOD = "ok"
    WARNING = "warning"
    BAD = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One part, what was found of it, and what to do about that."""

    part: str
    health: Health
    found: str
    to_do: str = ""


def good(part: str, found: str) -> Check:
    """Say that a part is as it should be."""
    return Check(part, Health.GOOD, found)


def bad(part: str, error: KubeloreError) -> Check:
    """Say what an error said."""
    found = f"{error.subject}: {error.kind.text}{f' ({error.detail})' if error.detail else ''}"
    return Check(part, Health.BAD, found, error.kind.next_step)


def checked(part: str, look: Callable[[], str]) -> Check:
    """Look at a part: what `look` returns is what was found, and a KubeloreError that it raises what is wrong."""
    try:
        return good(part, look())
    except KubeloreError as error:
        return bad(part, error)
