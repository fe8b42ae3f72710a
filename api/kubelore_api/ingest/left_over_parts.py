"""Deletes what uploads in parts leave behind that nobody completed or cancelled."""

import asyncio
import logging

from kubelore.clock import precise_now
from kubelore.documents.layout import all_parts
from kubelore.errors import KubeloreError
from kubelore.objectstore.interface import ObjectStore
from kubelore_api.ingest.pending_upload import LIFETIME
from kubelore_api.threads import Threads

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 3600.0


async def keep_clearing(objects: ObjectStore, threads: Threads, namespace: str) -> None:
    """Delete what is left over every hour, until cancelled; a store that is away is asked again."""
    while True:
        try:
            gone = await threads.run(clear, objects, namespace)
        except KubeloreError as error:
            _log.warning("Parts of uploads that were given up stay for now: %s", error)
        else:
            if gone:
                _log.info("Deleted %d objects of uploads that were given up", gone)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def clear(objects: ObjectStore, namespace: str) -> int:
    """Delete what no upload can wait for any more, and return how many objects that was.

    An upload is as old as its first object, and its last part came within its lifetime.
    """
    oldest = precise_now() - 2 * LIFETIME
    keys = [info.key for info in objects.list(all_parts(namespace)) if info.modified < oldest]
    objects.delete(keys)
    return len(keys)
