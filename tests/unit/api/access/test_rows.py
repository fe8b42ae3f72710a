import pytest

from kubelore.vectorstore.filters import render
from kubelore_api.access.caller import Caller
from kubelore_api.access.rows import may_see, visible_to
from support.hits import hit

STAFF = Caller("acme", frozenset({"staff", 'evil" or true'}))
NOBODY = Caller("acme")


def test_a_caller_without_groups_searches_what_is_for_the_whole_tenant() -> None:
    assert render(visible_to(NOBODY)) == '(tenant_id == "acme" and array_length(access_groups) == 0)'


def test_a_callers_groups_are_literals_whatever_they_hold() -> None:
    assert r'["evil\" or true", "staff"]' in render(visible_to(STAFF))


@pytest.mark.parametrize(
    ("caller", "tenant", "groups", "seen"),
    [
        (NOBODY, "acme", [], True),
        (NOBODY, "acme", ["staff"], False),
        (STAFF, "acme", ["staff", "bosses"], True),
        (STAFF, "acme", ["bosses"], False),
        (STAFF, "other", [], False),
        (STAFF, "other", ["staff"], False),
    ],
)
def test_a_row_is_seen_within_its_tenant_and_groups(
    caller: Caller, tenant: str, groups: list[str], *, seen: bool
) -> None:
    assert may_see(caller, hit(tenant=tenant, groups=groups).row) is seen
