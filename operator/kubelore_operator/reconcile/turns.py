"""Whose turn it is to start, where a namespace may run only so many ingest pods at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What an unfinished task asks for, or has: so many pods at once.

    Those of one `group`, a knowledge base and a tenant, share turns. `created` sorts by time.
    """

    task: str
    group: tuple[str, str]
    places: int
    created: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a waiting task may start, and how many start before it; at most `most` pods run at once."""

    may_start: bool
    before: int
    most: int


def turns(claims: Iterable[Claim], most: int) -> Mapping[str, Turn]:
    """Return the turn of each waiting task, by its name.

    The groups take turns: the task goes first whose group has the fewest at work or before it, and of these the
    oldest. The first one that does not fit holds up all behind it, so that a large task is not passed for ever.
    """
    known = list(claims)
    free = most - sum(claim.places for claim in known if claim.is_active)
    found: dict[str, Turn] = {}
    for before, claim in enumerate(_in_order(known)):
        free -= claim.places
        found[claim.task] = Turn(may_start=free >= 0, before=before, most=most)
    return found


def _in_order(claims: Iterable[Claim]) -> list[Claim]:
    by_age = sorted(claims, key=lambda claim: (not claim.is_active, claim.created, claim.task))
    ahead: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[int, int, Claim]] = []
    for age, claim in enumerate(by_age):
        if not claim.is_active:
            ranked.append((ahead[claim.group], age, claim))
        ahead[claim.group] += 1
    return [claim for _, _, claim in sorted(ranked, key=lambda entry: entry[:2])]
