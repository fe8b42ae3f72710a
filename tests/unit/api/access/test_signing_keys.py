from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.signing_keys import FRESH_SECONDS, SECONDS_BETWEEN_FETCHES, STALE_SECONDS, SigningKeys
from support.identity_provider import IdentityProvider, ec_key, identity_provider, rsa_key


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def keys(issuer: IdentityProvider, time: Time) -> AsyncIterator[SigningKeys]:
    async with aiohttp.ClientSession() as session:
        yield SigningKeys(session, issuer.url, monotonic=time)


async def test_keys_are_found_by_the_discovery_document_and_kept(issuer: IdentityProvider, keys: SigningKeys) -> None:
    assert await keys.find("first", "RS256") is not None
    assert await keys.find("first", "RS256") is not None
    assert issuer.requests == ["/.well-known/openid-configuration", "/keys"]


async def test_a_rotated_key_is_found_at_its_first_use(issuer: IdentityProvider, keys: SigningKeys, time: Time) -> None:
    await keys.find("first", "RS256")
    issuer.keys["second"] = ec_key()
    time.now += SECONDS_BETWEEN_FETCHES
    assert await keys.find("second", "ES256") is not None


async def test_a_withdrawn_key_counts_no_longer_than_keys_are_fresh(
    issuer: IdentityProvider, keys: SigningKeys, time: Time
) -> None:
    await keys.find("first", "RS256")
    issuer.keys = {"second": rsa_key()}
    time.now += FRESH_SECONDS
    assert await keys.find("first", "RS256") is None


async def test_invented_key_ids_make_no_requests(issuer: IdentityProvider, keys: SigningKeys) -> None:
    for number in range(20):
        assert await keys.find(f"invented-{number}", "RS256") is None
    assert len(issuer.requests) == 2


async def test_known_keys_outlast_an_issuer_that_is_away_but_not_for_ever(
    issuer: IdentityProvider, keys: SigningKeys, time: Time
) -> None:
    await keys.find("first", "RS256")
    issuer.away = True
    time.now += FRESH_SECONDS
    assert await keys.find("first", "RS256") is not None
    time.now += STALE_SECONDS
    with pytest.raises(KubeloreError) as caught:
        await keys.find("first", "RS256")
    assert caught.value.code is ErrorCode.IDENTITY_PROVIDER_UNREACHABLE


async def test_a_key_is_not_used_for_another_algorithm_than_its_own(
    issuer: IdentityProvider, keys: SigningKeys
) -> None:
    issuer.keys["curve"] = ec_key()
    assert await keys.find("curve", "RS256") is None


async def test_without_an_id_only_the_only_key_is_meant(
    issuer: IdentityProvider, keys: SigningKeys, time: Time
) -> None:
    assert await keys.find(None, "RS256") is not None
    issuer.keys["second"] = rsa_key()
    time.now += FRESH_SECONDS
    assert await keys.find(None, "RS256") is None
