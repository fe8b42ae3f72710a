"""Deletes what was said, once it has been left alone for longer than it is kept."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from kubelore.clock import precise_now
from kubelore.errors import KubeloreError

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 3600.0


class Forgetful(Protocol):
    """Something that is kept for a while."""

    async def forget_before(self, moment: datetime) -> int:
        """Delete what is older, and return how much that was; raises KubeloreError as the database does."""
        ...


async def keep_for(kept: Sequence[Forgetful], days: int) -> None:
    """Delete what is old every hour, until cancelled; a database that is away is asked again."""
    while True:
        try:
            gone = [await each.forget_before(precise_now() - timedelta(days=days)) for each in kept]
        except KubeloreError as error:
            _log.warning("Old conversations stay for now: %s", error)
        else:
            _log.info("Deleted %d conversations and responses older than %d days", sum(gone), days)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
