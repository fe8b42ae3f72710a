"""What callers may be allowed to do, and the roles that stand for it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Permission(StrEnum):
    """One kind of thing that a caller may do."""

    READ = "read"
    """Ask, search, and follow what was brought in."""
    WRITE = "write"
    """Bring documents in, and take them out."""
    ADMIN = "admin"
    """See to the tenant: its API keys, its assistants, what it uses, and what is kept of it."""
    OPERATE = "operate"
    """See to the installation: every tenant's keys and use, and the metrics."""


class Role(StrEnum):
    """What a token's roles claim can say."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"


_OF_ROLE: Mapping[Role, frozenset[Permission]] = {
    Role.READER: frozenset({Permission.READ}),
    Role.EDITOR: frozenset({Permission.READ, Permission.WRITE}),
    Role.ADMIN: frozenset({Permission.READ, Permission.WRITE, Permission.ADMIN}),
}

EVERYTHING = frozenset(Permission)
"""What the installation's owner may do; no role of a tenant's holds it."""

LEAST = _OF_ROLE[Role.READER]


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what roles allow together; names that are no role allow nothing."""
    known = [_OF_ROLE[Role(name)] for name in roles if name in frozenset(Role)]
    return frozenset().union(*known)
