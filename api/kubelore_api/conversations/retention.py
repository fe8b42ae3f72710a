"""Deletes conversations that have been left alone for longer than they are kept."""

import asyncio
import logging
from datetime import timedelta

from kubelore.clock import precise_now
from kubelore.errors import KubeloreError
from kubelore_api.conversations.sessions import Sessions

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 3600.0


async def keep_for(sessions: Sessions, days: int) -> None:
    """Delete old conversations every hour, until cancelled; a database that is away is asked again."""
    while True:
        try:
            gone = await sessions.forget_before(precise_now() - timedelta(days=days))
        except KubeloreError as error:
            _log.warning("Old conversations stay for now: %s", error)
        else:
            _log.info("Deleted %d conversations older than %d days", gone, days)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
