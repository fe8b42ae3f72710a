"""Which rows a caller may see: once as a filter, and once more as a check on every row that returns."""

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
    groups = frozenset(row.access_groups)
    return row.tenant_id == caller.tenant and (not groups or bool(groups & caller.groups))
