from pathlib import Path

import pytest
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_api.access.authenticate import make_authenticator
from kubelore_api.access.caller import Caller

OPEN = Settings(resources="manifests", state_dir=Path("state"))
KEYED = Settings(gateway_api_key=SecretStr("s3cret"))


def test_a_laptops_gateway_takes_everyone_for_the_default_tenant() -> None:
    assert make_authenticator(OPEN).caller(None) == Caller("default")


def test_a_laptops_gateway_is_not_opened_to_the_network_without_a_key() -> None:
    with pytest.raises(KubeloreError) as caught:
        make_authenticator(OPEN.model_copy(update={"host": "0.0.0.0"}))  # noqa: S104 - what must be refused
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "KUBELORE_GATEWAY_API_KEY" in caught.value.message


@pytest.mark.parametrize("header", ["Bearer s3cret", "bearer s3cret", "Bearer  s3cret "])
def test_the_key_opens_the_gateway(header: str) -> None:
    assert make_authenticator(KEYED).caller(header) == Caller("default")


@pytest.mark.parametrize(
    "header", [None, "", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Basic s3cret"]
)
def test_anything_else_does_not(header: str | None) -> None:
    with pytest.raises(KubeloreError) as caught:
        make_authenticator(KEYED).caller(header)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED
    assert "s3cret" not in caught.value.message
