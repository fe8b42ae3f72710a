import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission, permissions_of


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ([], set()),
        (["reader"], {Permission.READ}),
        (["editor"], {Permission.READ, Permission.WRITE}),
        (["admin"], {Permission.READ, Permission.WRITE, Permission.ADMIN}),
        (["reader", "editor", "janitor"], {Permission.READ, Permission.WRITE}),
        (["operate", "root"], set()),
    ],
)
def test_roles_add_up_and_none_reaches_beyond_its_tenant(roles: list[str], allowed: set[Permission]) -> None:
    assert permissions_of(roles) == allowed


def test_what_is_not_allowed_is_named() -> None:
    with pytest.raises(KubeloreError, match="permission write") as caught:
        Caller("acme").require(Permission.WRITE)
    assert caught.value.code is ErrorCode.FORBIDDEN
