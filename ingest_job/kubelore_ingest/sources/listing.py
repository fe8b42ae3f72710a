"""Lists a store that may be away for a while."""

from collections.abc import Iterator
from functools import partial
from itertools import dropwhile

from kubelore.errors import KubeloreError
from kubelore.objectstore.interface import ObjectInfo, ObjectStore
from kubelore_ingest.job import Job


def listed(job: Job, store: ObjectStore, prefix: str) -> Iterator[ObjectInfo]:
    """List objects in the order of their keys; where the listing breaks off, it goes on behind the last key.

    Raises KubeloreError when the store stays away or refuses.
    """
    last = ""
    while True:
        info, others = job.patiently(partial(_behind, store, prefix, last))
        try:
            while info is not None:
                last = info.key
                yield info
                info = next(others, None)
        except KubeloreError as error:
            if not error.kind.retryable:
                raise
        else:
            return


def _behind(store: ObjectStore, prefix: str, last: str) -> tuple[ObjectInfo | None, Iterator[ObjectInfo]]:
    others = dropwhile(lambda info: info.key <= last, store.list(prefix))
    return next(others, None), others
