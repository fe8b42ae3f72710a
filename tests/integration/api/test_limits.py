"""Limits and metering at a gateway of their own, over Redis and without it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from kubelore.resources.folder import FolderResourceStore
from kubelore_api.app import create_app
from support.databases import redis_process
from support.gateway import serving
from support.http import Reply, get
from support.identity_provider import IdentityProvider, identity_provider
from support.processes import ServerProcess, free_port


@pytest.fixture(scope="module")
def issuer() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with redis_process(tmp_path_factory.mktemp("redis")).running() as process:
        yield process


@contextmanager
def limited(folder: Path, issuer: IdentityProvider, **limits: object) -> Iterator[str]:
    """A gateway with limits; nothing behind it is asked."""
    (folder / "manifests").mkdir(exist_ok=True)
    away = f"http://127.0.0.1:{free_port()}"
    settings = issuer.settings(
        resources=str(folder / "manifests"), state_dir=folder / "state", vector_store=away, **limits
    )
    resources = FolderResourceStore(folder / "manifests", folder / "state.db", "default")
    with serving(create_app(settings, resources)) as url:
        yield url


def bearer(issuer: IdentityProvider, user: str, tenant: str = "acme") -> Mapping[str, str]:
    return {"Authorization": f"Bearer {issuer.token(sub=user, tenant=tenant)}"}


def until_refused(address: str, headers: Mapping[str, str]) -> tuple[int, Reply]:
    """Ask until one is too many; on a busy machine a minute may end, and another begin, before that."""
    for accepted in range(50):
        reply = get(address, headers)
        if reply.status == 429:
            return accepted, reply
    raise AssertionError("nothing was refused")


def redis_url(process: ServerProcess) -> SecretStr:
    return SecretStr(f"redis://127.0.0.1:{process.port}/0")


@pytest.mark.parametrize("shared", [False, True])
def test_a_user_who_asks_too_often_waits_and_nobody_else(
    tmp_path: Path, issuer: IdentityProvider, redis: ServerProcess, *, shared: bool
) -> None:
    more = {"redis": redis_url(redis)} if shared else {}
    with limited(tmp_path, issuer, requests_per_minute=3, **more) as url:
        accepted, refusal = until_refused(f"{url}/v1/models", headers=bearer(issuer, f"ann-{shared}"))
        assert accepted >= 3
        assert 1 <= int(refusal.headers["retry-after"]) <= 60
        assert refusal.json["error"]["type"] == "rate_limit_error"
        assert get(f"{url}/v1/models", bearer(issuer, f"bob-{shared}")).status == 200
        assert get(f"{url}/v1/models", bearer(issuer, f"ann-{shared}", "other")).status == 200


def test_two_gateways_with_one_redis_count_together(
    tmp_path: Path, issuer: IdentityProvider, redis: ServerProcess
) -> None:
    limits = {"requests_per_minute": 2, "redis": redis_url(redis)}
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with limited(tmp_path / "one", issuer, **limits) as one, limited(tmp_path / "two", issuer, **limits) as two:
        carol = bearer(issuer, "carol")

        def the_other_refuses() -> bool:
            until_refused(f"{one}/v1/models", headers=carol)
            return get(f"{two}/v1/models", carol).status == 429

        # A minute may end in between; it doesn't each time.
        assert any(the_other_refuses() for _ in range(3))


def test_while_redis_is_away_a_gateway_counts_for_itself(tmp_path: Path, issuer: IdentityProvider) -> None:
    away = SecretStr(f"redis://127.0.0.1:{free_port()}/0")
    with limited(tmp_path, issuer, requests_per_minute=2, redis=away) as url:
        accepted, _ = until_refused(f"{url}/v1/models", headers=bearer(issuer, "dave"))
    assert accepted >= 2


def test_an_address_that_guesses_at_credentials_is_slowed_down(tmp_path: Path, issuer: IdentityProvider) -> None:
    with limited(tmp_path, issuer, requests_per_minute_per_address=3) as url:
        accepted, _ = until_refused(f"{url}/v1/models", headers={"Authorization": "Bearer a.b.c"})
    assert accepted >= 3
