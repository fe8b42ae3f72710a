"""Sessions: what one user of a tenant asked, and what was answered on which sources."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kubelore.clock import precise_now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.caller import Caller
from kubelore_api.database.database import Database, affected
from kubelore_api.database.tables import SessionRow, TurnRow
from kubelore_api.rag.conversation import Message

LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation; `model` is what is asked in it: an assistant or a knowledge base."""

    id: str
    model: str
    title: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, before they are kept; `sources` as JSON objects."""

    question: str
    answer: str
    sources: Sequence[dict[str, Any]]
    prompt_tokens: int
    completion_tokens: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A kept exchange, and what its user thought of the answer: 1, -1, or nothing yet."""

    id: str
    number: int
    exchange: Exchange
    feedback: int | None
    comment: str | None
    created_at: datetime


class Sessions:
    """The sessions of every user; each sees their own, and an unknown one is as another's.

    Every method raises KubeloreError as the database does, and ENTRY_NOT_FOUND.
    """

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._database = database

    async def create(self, caller: Caller, model: str) -> Session:
        """Begin a conversation; its title will be its first question."""
        moment = precise_now()
        row = SessionRow(
            id=uuid.uuid4().hex,
            tenant=caller.tenant,
            subject=caller.subject,
            model=model,
            title="",
            created_at=moment,
            updated_at=moment,
        )
        async with self._database.transaction() as session:
            session.add(row)
        return _session(row)

    async def list(self, caller: Caller, most: int) -> Sequence[Session]:
        """Return the caller's conversations, the latest first."""
        query = select(SessionRow).where(*_own(caller)).order_by(SessionRow.updated_at.desc(), SessionRow.id)
        async with self._database.transaction() as session:
            return [_session(row) for row in await session.scalars(query.limit(most))]

    async def get(self, caller: Caller, session_id: str) -> Session:
        """Return one."""
        async with self._database.transaction() as session:
            return _session(await _find(session, caller, session_id))

    async def turns(self, caller: Caller, session_id: str) -> Sequence[Turn]:
        """Return what was said in one, in its order."""
        async with self._database.transaction() as session:
            await _find(session, caller, session_id)
            return [_turn(row) for row in await session.scalars(_turns(session_id))]

    async def delete(self, caller: Caller, session_id: str) -> None:
        """Delete one with all that was said."""
        query = delete(SessionRow).where(*_own(caller), SessionRow.id == session_id)
        async with self._database.transaction() as session:
            gone = affected(await session.execute(query))
        if not gone:
            raise _unknown(session_id)

    async def add(self, caller: Caller, session_id: str, exchange: Exchange) -> Turn:
        """Keep an exchange at the end of a conversation; of several at once, each gets a number of its own."""
        async with self._database.transaction() as session:
            owner = await _find(session, caller, session_id, for_update=True)
            last = await session.scalar(select(func.max(TurnRow.number)).where(TurnRow.session_id == session_id))
            row = _turn_row(session_id, (last or 0) + 1, exchange)
            session.add(row)
            owner.updated_at = row.created_at
            owner.title = owner.title or exchange.question[:LONGEST_TITLE]
        return _turn(row)

    async def rate(self, caller: Caller, session_id: str, turn_id: str, feedback: int, comment: str | None) -> Turn:
        """Keep what the user thinks of an answer, in place of what they thought before."""
        async with self._database.transaction() as session:
            await _find(session, caller, session_id)
            row = await session.get(TurnRow, turn_id)
            if row is None or row.session_id != session_id:
                raise KubeloreError(ErrorCode.ENTRY_NOT_FOUND, f"turn {turn_id[:64]}")
            row.feedback, row.comment = feedback, comment
        return _turn(row)

    async def forget_before(self, moment: datetime) -> int:
        """Delete the conversations that nobody went on with since, and return their number."""
        async with self._database.transaction() as session:
            return affected(await session.execute(delete(SessionRow).where(SessionRow.updated_at < moment)))


def history(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Return what was said as the messages of a chat."""
    return tuple(
        message
        for turn in turns
        for message in (Message("user", turn.exchange.question), Message("assistant", turn.exchange.answer))
    )


def _own(caller: Caller) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SessionRow.tenant == caller.tenant, SessionRow.subject == caller.subject


async def _find(session: AsyncSession, caller: Caller, session_id: str, *, for_update: bool = False) -> SessionRow:
    query = select(SessionRow).where(*_own(caller), SessionRow.id == session_id)
    row = (await session.scalars(query.with_for_update() if for_update else query)).one_or_none()
    if row is None:
        raise _unknown(session_id)
    return row


def _turns(session_id: str) -> Select[TurnRow]:
    return select(TurnRow).where(TurnRow.session_id == session_id).order_by(TurnRow.number)


def _unknown(session_id: str) -> KubeloreError:
    return KubeloreError(ErrorCode.ENTRY_NOT_FOUND, f"session {session_id[:64]}")


def _session(row: SessionRow) -> Session:
    return Session(row.id, row.model, row.title, row.created_at, row.updated_at)


def _turn_row(session_id: str, number: int, exchange: Exchange) -> TurnRow:
    return TurnRow(
        id=uuid.uuid4().hex,
        session_id=session_id,
        number=number,
        question=exchange.question,
        answer=exchange.answer,
        sources=list(exchange.sources),
        prompt_tokens=exchange.prompt_tokens,
        completion_tokens=exchange.completion_tokens,
        milliseconds=exchange.milliseconds,
        feedback=None,
        comment=None,
        created_at=precise_now(),
    )


def _turn(row: TurnRow) -> Turn:
    exchange = Exchange(
        question=row.question,
        answer=row.answer,
        sources=row.sources,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        milliseconds=row.milliseconds,
    )
    return Turn(row.id, row.number, exchange, row.feedback, row.comment, row.created_at)
