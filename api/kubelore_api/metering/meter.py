"""Sums up what tenants use, and writes it to the database every few seconds."""

import asyncio
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from kubelore.clock import precise_now
from kubelore.errors import KubeloreError
from kubelore_api.access.caller import Caller
from kubelore_api.database.database import Database
from kubelore_api.database.tables import MeteringRow
from kubelore_api.metering.use import Use

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_WRITES = 5.0
"""A gateway that is killed loses what was used within them."""

_SUMMED = ("requests", "prompt_tokens", "completion_tokens", "documents", "uploaded_bytes")


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who used what: a tenant's user, and a model or route."""

    tenant: str
    subject: str
    model: str


@dataclass(slots=True)
class Total:
    """What a consumer used within a time."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    documents: int = 0
    uploaded_bytes: int = 0

    def add(self, use: Use) -> None:
        """Count one more request."""
        self.requests += 1
        self.prompt_tokens += use.prompt_tokens
        self.completion_tokens += use.completion_tokens
        self.documents += use.documents
        self.uploaded_bytes += use.uploaded_bytes


class Meter:
    """One process' sums; without a database nothing is kept."""

    def __init__(self, database: Database | None) -> None:
        """Begin with nothing."""
        self._database = database
        self._totals: dict[Consumer, Total] = {}
        self._writing = asyncio.Lock()

    def count(self, caller: Caller, use: Use) -> None:
        """Add a request to its consumer's sum."""
        if self._database is not None:
            consumer = Consumer(caller.tenant, caller.subject, use.model)
            self._totals.setdefault(consumer, Total()).add(use)

    async def write(self) -> None:
        """Write the sums, once each; what can't be written now stays for the next time."""
        async with self._writing:
            if self._database is None or not self._totals:
                return
            totals, self._totals = self._totals, {}
            try:
                async with self._database.transaction() as session:
                    session.add_all(_row(consumer, total) for consumer, total in totals.items())
            except KubeloreError:
                self._keep(totals)
                raise

    async def keep_writing(self) -> None:
        """Write every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_WRITES)
            try:
                await self.write()
            except KubeloreError as error:
                _log.warning("What was used is written later: %s", error)

    async def report(self, tenant: str | None, since: datetime, until: datetime) -> Sequence[tuple[Consumer, Total]]:
        """Return what was used in a time, by consumer; of every tenant where none is named."""
        await self.write()
        who = (MeteringRow.tenant, MeteringRow.subject, MeteringRow.model)
        sums = [func.sum(getattr(MeteringRow, name)) for name in _SUMMED]
        query = select(*who, *sums).where(MeteringRow.at >= since, MeteringRow.at < until)
        if tenant is not None:
            query = query.where(MeteringRow.tenant == tenant)
        if self._database is None:
            return ()
        async with self._database.transaction() as session:
            rows = (await session.execute(query.group_by(*who).order_by(*who))).all()
        return [(Consumer(*row[:3]), Total(*map(int, row[3:]))) for row in rows]

    def _keep(self, totals: dict[Consumer, Total]) -> None:
        for consumer, total in totals.items():
            mine = self._totals.setdefault(consumer, Total())
            for name in _SUMMED:
                setattr(mine, name, getattr(mine, name) + getattr(total, name))


def _row(consumer: Consumer, total: Total) -> MeteringRow:
    return MeteringRow(
        id=uuid.uuid4().hex,
        tenant=consumer.tenant,
        subject=consumer.subject,
        model=consumer.model,
        at=precise_now(),
        **{name: getattr(total, name) for name in _SUMMED},
    )
