"""The databases that the gateway can keep its data in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from kubelore_api.database.database import Database
from kubelore_api.database.tables import Table
from support.databases import mariadb_server, postgresql_server


class Servers:
    """Starts each server at its first use."""

    def __init__(self, stack: ExitStack, folder: str) -> None:
        self._stack = stack
        self._addresses = {"sqlite": f"sqlite:///{folder}/gateway.db"}

    def address(self, kind: str) -> str:
        """Return a database's address."""
        if kind not in self._addresses:
            server = {"postgresql": postgresql_server, "mariadb": mariadb_server}[kind]
            self._addresses[kind] = self._stack.enter_context(server())
        return self._addresses[kind]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, str(tmp_path_factory.mktemp("database")))


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def address(request: pytest.FixtureRequest, servers: Servers) -> str:
    return servers.address(request.param)


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """A database without any rows."""
    database = Database(address)
    async with database.transaction() as session:
        for table in reversed(Table.metadata.sorted_tables):
            await session.execute(table.delete())
    yield database
    await database.close()
