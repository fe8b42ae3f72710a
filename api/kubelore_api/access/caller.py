"""Who is calling, as far as access is concerned."""

from dataclasses import dataclass

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.permissions import LEAST, Permission


@dataclass(frozen=True, slots=True)
class Caller:
    """A tenant and the groups within it, taken from a verified credential and from nowhere else.

    `subject` is the user or the API key within the tenant that what is kept belongs to; empty for a caller without a
    name.
    """

    tenant: str
    groups: frozenset[str] = frozenset()
    permissions: frozenset[Permission] = LEAST
    subject: str = ""

    def require(self, permission: Permission) -> None:
        """Raise KubeloreError FORBIDDEN where the caller may not do that."""
        if permission not in self.permissions:
            raise KubeloreError(ErrorCode.FORBIDDEN, "the request", f"it takes the permission {permission}")
