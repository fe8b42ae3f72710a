"""Keeps responses in SQL: every gateway knows them, and a restarted one as well."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select

from kubelore.clock import precise_now
from kubelore_api.access.caller import Caller
from kubelore_api.database.database import Database, affected
from kubelore_api.database.tables import ResponseRow
from kubelore_api.rag.conversation import Message
from kubelore_api.responses.store import MOST_TURNS, StoredResponse


class KeptResponses:
    """The responses of every user; raises KubeloreError as the database does."""

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._database = database

    async def put(self, caller: Caller, response_id: str, response: StoredResponse) -> None:
        """Keep a response."""
        row = ResponseRow(
            id=response_id,
            tenant=caller.tenant,
            subject=caller.subject,
            groups=sorted(caller.groups),
            payload=dict(response.payload),
            turns=[dict(message.as_json()) for message in response.turns[-MOST_TURNS:]],
            created_at=precise_now(),
        )
        async with self._database.transaction() as session:
            session.add(row)

    async def get(self, caller: Caller, response_id: str) -> StoredResponse | None:
        """Return a response, or None where the caller, with the groups of now, has none of this id."""
        query = select(ResponseRow).where(*_own(caller, response_id))
        async with self._database.transaction() as session:
            row = (await session.scalars(query)).one_or_none()
        if row is None or row.groups != sorted(caller.groups):
            return None
        return StoredResponse(row.payload, tuple(map(_message, row.turns)))

    async def delete(self, caller: Caller, response_id: str) -> bool:
        """Forget a response, and say whether there was one."""
        if await self.get(caller, response_id) is None:
            return False
        async with self._database.transaction() as session:
            return bool(affected(await session.execute(delete(ResponseRow).where(*_own(caller, response_id)))))

    async def forget_before(self, moment: datetime) -> int:
        """Delete the responses that are older, and return their number."""
        async with self._database.transaction() as session:
            return affected(await session.execute(delete(ResponseRow).where(ResponseRow.created_at < moment)))


def _own(caller: Caller, response_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        ResponseRow.id == response_id,
        ResponseRow.tenant == caller.tenant,
        ResponseRow.subject == caller.subject,
    )


def _message(turn: dict[str, object]) -> Message:
    more = {name: value for name, value in turn.items() if name not in {"role", "content"}}
    return Message(str(turn["role"]), str(turn["content"]), more)
