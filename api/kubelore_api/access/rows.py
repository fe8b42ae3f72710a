"""Which rows a caller may see: once as a filter, and once more as a check on every row that returns."""

from collections.abc import Sequence

from kubelore.vectorstore.filters import And, Compare, Comparison, ContainsAny, Filter, IsEmpty, Or
from kubelore.vectorstore.interface import Row
from kubelore_api.access.caller import Caller


def visible_to(caller: Caller) -> Filter:
    """Return the filter that every search of the caller's is made under."""
    of_tenant = Compare("tenant_id", Comparison.EQ, caller.tenant)
    for_everyone = IsEmpty("access_groups")
    if not caller.groups:
        return And((of_tenant, for_everyone))
    return And((of_tenant, Or((for_everyone, ContainsAny("access_groups", sorted(caller.groups))))))


def may_see(caller: Caller, row: Row) -> bool:
    """Say whether the caller may see this row, whatever the filter let through."""
    return may_see_document(caller, row.tenant_id, row.access_groups)


def may_see_document(caller: Caller, tenant: str, access_groups: Sequence[str]) -> bool:
    """Say whether the caller may see a document of this tenant that is for these groups; for none, it is for all."""
    groups = frozenset(access_groups)
    return tenant == caller.tenant and (not groups or bool(groups & caller.groups))
