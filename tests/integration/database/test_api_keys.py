from datetime import timedelta

import pytest

from kubelore.clock import precise_now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.api_keys import ApiKeys, Grant
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.database.database import Database
from kubelore_api.database.tables import ApiKeyRow

READ = frozenset({Permission.READ})


async def refused(keys: ApiKeys, credential: str) -> bool:
    try:
        await keys.caller(credential)
    except KubeloreError as error:
        return error.code is ErrorCode.UNAUTHENTICATED
    return False


async def test_a_key_is_its_bearers_tenant_groups_and_permissions(database: Database) -> None:
    keys = ApiKeys(database)
    key, secret = await keys.create(Grant("acme", "crawler", READ, frozenset({"staff"})))
    caller = await keys.caller(secret.get_secret_value())
    assert caller == Caller("acme", frozenset({"staff"}), READ, f"key:{key.id}")


async def test_its_secret_is_kept_nowhere(database: Database) -> None:
    key, secret = await ApiKeys(database).create(Grant("acme", "crawler", READ))
    async with database.transaction() as session:
        row = await session.get(ApiKeyRow, key.id)
    assert row is not None
    kept = [str(getattr(row, column.key)) for column in ApiKeyRow.__table__.columns]
    assert not any(secret.get_secret_value().split("_", 2)[2] in value for value in kept)


async def test_an_expired_key_is_no_key(database: Database) -> None:
    keys = ApiKeys(database)
    _, ended = await keys.create(Grant("acme", "old", READ, expires_at=precise_now() - timedelta(seconds=1)))
    _, good = await keys.create(Grant("acme", "new", READ, expires_at=precise_now() + timedelta(hours=1)))
    assert await refused(keys, ended.get_secret_value())
    assert not await refused(keys, good.get_secret_value())


async def test_a_revoked_key_is_no_key_and_another_tenants_stays(database: Database) -> None:
    keys = ApiKeys(database)
    key, secret = await keys.create(Grant("acme", "crawler", READ))
    for tenant in ("other", "Acme", "ACME"):
        with pytest.raises(KubeloreError) as caught:
            await keys.revoke(tenant, key.id)
        assert caught.value.code is ErrorCode.ENTRY_NOT_FOUND
    assert not await refused(keys, secret.get_secret_value())
    await keys.revoke("acme", key.id)
    assert await refused(keys, secret.get_secret_value())


@pytest.mark.parametrize("change", [lambda key: key + "x", lambda key: key[:-1], str.upper, lambda key: key[:21]])
async def test_what_is_nearly_a_key_is_none(database: Database, change: object) -> None:
    keys = ApiKeys(database)
    _, secret = await keys.create(Grant("acme", "crawler", READ))
    assert callable(change)
    assert await refused(keys, change(secret.get_secret_value()))


async def test_a_tenant_lists_its_own(database: Database) -> None:
    keys = ApiKeys(database)
    await keys.create(Grant("acme", "first", READ))
    await keys.create(Grant("acme", "second", READ))
    await keys.create(Grant("Acme", "another tenant's", READ))
    assert [key.grant.name for key in await keys.list("acme")] == ["first", "second"]
