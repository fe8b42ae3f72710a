"""Who is calling, as far as access is concerned."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A tenant and the groups within it, taken from a verified credential and from nowhere else."""

    tenant: str
    groups: frozenset[str] = frozenset()
