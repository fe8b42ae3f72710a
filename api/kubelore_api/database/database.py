"""The connection to the SQL database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Result, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.database.migrate import migrate

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
}
_VARIABLE = "KUBELORE_DATABASE"
_CONNECTIONS = 5
_MORE_AT_PEAKS = 10
_SECONDS_FOR_A_CONNECTION = 10


class Database:
    """Transactions on one database, which is brought to the newest tables before the first of them.

    Every use raises KubeloreError DATABASE_UNREACHABLE (a retry may help) or DATABASE_REFUSED.
    """

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; raises KubeloreError SETTINGS_INVALID for an address that can't be one."""
        self._url = _with_driver(url)
        self._engine = _engine(self._url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._migrating = asyncio.Lock()
        self._migrated = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit what the block does, or nothing of it; IntegrityError is the block's own to understand."""
        try:
            await self._migrate_once()
            async with self._sessions.begin() as session:
                yield session
        except IntegrityError:
            raise
        # The drivers' own errors at connecting aren't SQLAlchemy's.
        except (SQLAlchemyError, OSError) as error:
            raise self._told(error) from error

    async def check(self) -> None:
        """Ask whether it answers."""
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _migrate_once(self) -> None:
        async with self._migrating:
            if not self._migrated:
                async with self._engine.begin() as connection:
                    await connection.run_sync(migrate)
                self._migrated = True

    def _told(self, error: Exception) -> KubeloreError:
        place = f"{self._url.get_backend_name()} at {self._url.host or self._url.database}"
        away = isinstance(error, OSError | OperationalError | InterfaceError | TimeoutError) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        )
        return KubeloreError(ErrorCode.DATABASE_UNREACHABLE if away else ErrorCode.DATABASE_REFUSED, place)


def _with_driver(url: str) -> URL:
    try:
        parsed = make_url(url)
        return parsed.set(drivername=_DRIVERS[parsed.drivername])
    except (ArgumentError, KeyError) as error:
        found = "it must begin with sqlite:///, postgresql:// or mysql://"
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, _VARIABLE, found) from error


def _engine(url: URL) -> AsyncEngine:
    try:
        if url.get_backend_name() == "sqlite":
            Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
            engine = create_async_engine(url, hide_parameters=True)
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
            return engine
        return create_async_engine(
            url,
            # They are what people said, and errors go to the log.
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_AT_PEAKS,
            pool_timeout=_SECONDS_FOR_A_CONNECTION,
        )
    except ModuleNotFoundError as error:
        found = f"{error.name} is not installed: add the extra {url.get_backend_name()}"
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, _VARIABLE, found) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's own way of beginning lets two transactions read before either writes.
    connection.isolation_level = None
    cursor = connection.cursor()
    for statement in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {statement}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def affected(result: Result[Any]) -> int:
    """Return how many rows a statement changed or deleted."""
    return result.rowcount if isinstance(result, CursorResult) else 0
