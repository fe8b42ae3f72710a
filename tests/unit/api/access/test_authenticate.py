from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_api.access.assemble import check_access_settings, make_authenticator
from kubelore_api.access.authenticate import ANYONE, OWNER
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission

LAPTOP = Settings(resources="manifests", state_dir=Path("state"))
CLUSTER = Settings()
KEYED = Settings(gateway_api_key=SecretStr("s3cret"))
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what must be refused


async def caller(settings: Settings, header: str | None) -> Caller:
    async with aiohttp.ClientSession() as session:
        return await make_authenticator(settings, session, None).caller(header)


async def test_a_laptops_gateway_takes_everyone_for_its_owner() -> None:
    assert await caller(LAPTOP, None) == OWNER


async def test_what_openais_clients_must_send_does_no_harm_on_a_laptop() -> None:
    assert await caller(LAPTOP, "Bearer none") == OWNER


@pytest.mark.parametrize("header", [None, "", "Bearer none", "Bearer a.b.c"])
async def test_a_gateway_in_a_cluster_without_any_credential_is_closed(header: str | None) -> None:
    with pytest.raises(KubeloreError) as caught:
        await caller(CLUSTER, header)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


async def test_it_is_opened_by_saying_so_and_then_not_to_everything() -> None:
    anyone = await caller(Settings(allow_anonymous=True), None)
    assert anyone == ANYONE
    assert anyone.permissions == {Permission.READ, Permission.WRITE}


def test_a_laptops_gateway_is_not_opened_to_the_network_without_a_key() -> None:
    with pytest.raises(KubeloreError) as caught:
        check_access_settings(LAPTOP.model_copy(update={"host": EVERY_ADDRESS}))
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "KUBELORE_GATEWAY_API_KEY" in caught.value.message


def test_with_a_key_it_may_be() -> None:
    check_access_settings(LAPTOP.model_copy(update={"host": EVERY_ADDRESS, "gateway_api_key": SecretStr("s3cret")}))


@pytest.mark.parametrize("header", ["Bearer s3cret", "bearer s3cret", "Bearer  s3cret "])
async def test_the_key_opens_the_gateway(header: str) -> None:
    assert await caller(KEYED, header) == OWNER


@pytest.mark.parametrize("settings", [KEYED, LAPTOP.model_copy(update={"gateway_api_key": SecretStr("s3cret")})])
@pytest.mark.parametrize(
    "header", [None, "", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Basic s3cret", "Bearer ☃"]
)
async def test_anything_else_does_not(settings: Settings, header: str | None) -> None:
    with pytest.raises(KubeloreError) as caught:
        await caller(settings, header)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"oidc_audience": ""}, "KUBELORE_OIDC_AUDIENCE"),
        ({"oidc_algorithms": "RS256,HS256"}, "KUBELORE_OIDC_ALGORITHMS"),
        ({"oidc_algorithms": "none"}, "KUBELORE_OIDC_ALGORITHMS"),
        ({"oidc_algorithms": " , "}, "KUBELORE_OIDC_ALGORITHMS"),
    ],
)
def test_tokens_that_could_not_be_verified_as_they_must_are_refused_at_the_start(
    changed: dict[str, str], variable: str
) -> None:
    settings = Settings(oidc_issuer="https://issuer.example", oidc_audience="kubelore")
    with pytest.raises(KubeloreError) as caught:
        check_access_settings(settings.model_copy(update=changed))
    assert (caught.value.code, caught.value.subject) == (ErrorCode.SETTINGS_INVALID, variable)
