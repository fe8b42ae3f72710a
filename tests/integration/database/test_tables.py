import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.database.database import Database
from kubelore_api.database.tables import Table
from support.processes import free_port


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


async def test_the_steps_lead_to_the_tables(database: Database) -> None:
    async with database.transaction() as session:
        found = await (await session.connection()).run_sync(differences)
    assert found == []


async def test_gateways_that_start_together_take_the_steps_once(address: str) -> None:
    databases = [Database(address) for _ in range(4)]
    await asyncio.gather(*(database.check() for database in databases))
    for database in databases:
        await database.close()


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_a_database_that_is_away_can_be_asked_again(scheme: str) -> None:
    database = Database(f"{scheme}://someone:s3cret@127.0.0.1:{free_port()}/none")
    with pytest.raises(KubeloreError) as caught:
        await database.check()
    assert caught.value.code is ErrorCode.DATABASE_UNREACHABLE
    assert "s3cret" not in caught.value.message
    await database.close()


@pytest.mark.parametrize("address", ["oracle://x", "gateway.db", "s3cret@host"])
def test_another_kind_of_database_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        Database(address)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "s3cret" not in caught.value.message
