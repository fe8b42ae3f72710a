import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.authenticate import ANYONE, OWNER
from kubelore_api.access.caller import Caller
from kubelore_api.access.own_page import require_own_page


@pytest.mark.parametrize(
    ("caller", "host", "origin"),
    [
        (OWNER, "127.0.0.1:8080", None),
        (OWNER, "localhost:8080", "http://localhost:8080"),
        (OWNER, "[::1]:8080", "http://[::1]:8080"),
        (ANYONE, "gateway.example", "https://gateway.example"),
        (ANYONE, "gateway.example", None),
    ],
)
def test_the_gateways_own_page_may_ask(caller: Caller, host: str, origin: str | None) -> None:
    require_own_page(caller, host=host, origin=origin)


@pytest.mark.parametrize(
    ("caller", "host", "origin"),
    [
        (OWNER, "127.0.0.1:8080", "https://evil.example"),
        (OWNER, "127.0.0.1:8080", "null"),
        (OWNER, "evil.example:8080", "http://evil.example:8080"),
        (OWNER, "evil.example:8080", None),
        (OWNER, "127.0.0.1.evil.example", None),
        (OWNER, "", None),
        (OWNER, "[::1", None),
        (ANYONE, "gateway.example", "https://evil.example"),
    ],
)
def test_another_sites_page_may_not(caller: Caller, host: str, origin: str | None) -> None:
    with pytest.raises(KubeloreError) as caught:
        require_own_page(caller, host=host, origin=origin)
    assert caught.value.code is ErrorCode.FORBIDDEN
