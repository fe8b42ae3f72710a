"""Exports and deletes all that is kept in SQL of one user, or of a whole tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from kubelore.clock import timestamp
from kubelore_api.database.database import Database, affected
from kubelore_api.database.tables import ApiKeyRow, AssistantRow, MeteringRow, ResponseRow, SessionRow, TurnRow

_SECRETS = frozenset({"digest"})
_Kept = type[SessionRow] | type[ResponseRow] | type[MeteringRow] | type[AssistantRow] | type[ApiKeyRow]
_OF_USERS: tuple[type[SessionRow] | type[ResponseRow] | type[MeteringRow], ...] = (
    SessionRow,
    ResponseRow,
    MeteringRow,
)
_OF_TENANTS: tuple[type[AssistantRow] | type[ApiKeyRow], ...] = (AssistantRow, ApiKeyRow)

Record = Mapping[str, Any]
"""A kept row as JSON, by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data is meant: a user's, or with no subject the whole tenant's."""

    tenant: str
    subject: str | None = None

    def conditions(self, table: _Kept) -> list[ColumnElement[bool]]:
        """Say which rows of a table are meant."""
        conditions = [table.tenant == self.tenant]
        if self.subject is not None and issubclass(table, SessionRow | ResponseRow | MeteringRow):
            conditions.append(table.subject == self.subject)
        return conditions

    @property
    def tables(self) -> Sequence[_Kept]:
        """The tables that hold something of theirs."""
        return _OF_USERS if self.subject is not None else (*_OF_USERS, *_OF_TENANTS)


class PersonalData:
    """What the gateway's database keeps of people; documents are the knowledge bases'."""

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._database = database

    async def export(self, person: Person) -> Mapping[str, Sequence[Record]]:
        """Return every row by its table; secrets are left out."""
        async with self._database.transaction() as session:
            found = {
                table.__tablename__: [
                    _record(row) for row in await session.scalars(select(table).where(*person.conditions(table)))
                ]
                for table in person.tables
            }
            turns = select(TurnRow).join(SessionRow).where(*person.conditions(SessionRow))
            return {**found, TurnRow.__tablename__: [_record(row) for row in await session.scalars(turns)]}

    async def delete(self, person: Person) -> int:
        """Delete every row, all of them or none, and return how many there were; turns go with their sessions."""
        async with self._database.transaction() as session:
            gone = [
                affected(await session.execute(delete(table).where(*person.conditions(table))))
                for table in person.tables
            ]
        return sum(gone)


def _record(row: Any) -> Record:
    columns = (column.key for column in row.__table__.columns if column.key not in _SECRETS)
    return {name: _plain(getattr(row, name)) for name in columns}


def _plain(value: Any) -> Any:
    return timestamp(value) if hasattr(value, "astimezone") else value
