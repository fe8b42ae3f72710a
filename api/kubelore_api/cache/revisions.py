"""Tells which state of its rows a knowledge base's answers stand on."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubelore.documents.layout import Layout
from kubelore.errors import KubeloreError
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.vectorstore.interface import MOST_SECONDS_BEHIND

_log = logging.getLogger(__name__)

SECONDS_OF_REST = 5.0
"""How long an object store that did not answer is asked nothing: each question would wait for it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The rows of one or several knowledge bases at one moment; another `word`, other rows.

    Once it `is_settled`, a search that begins sees all of its rows: only what such a search found may be remembered.
    """

    word: str
    is_settled: bool


class Revisions:
    """Reads the word that a worker writes after every change of a knowledge base's rows.

    A search may be some seconds behind. Counted from when this gateway first saw the word, that time is surely over, by
    whichever clock the word was written.
    """

    def __init__(self, objects: ObjectStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Know none yet."""
        self._objects = objects
        self._monotonic = monotonic
        self._first_seen: dict[str, tuple[str, float]] = {}
        self._rests_until = 0.0

    def of(self, knowledge_bases: Sequence[KnowledgeBase]) -> Revision | None:
        """Return what these knowledge bases' rows are at, together.

        None where that can't be told: nothing has been written yet, or the object store is away.
        """
        if self._monotonic() < self._rests_until:
            return None
        try:
            each = [self._of_one(kb) for kb in knowledge_bases]
        except KubeloreError as error:
            self._rests_until = self._monotonic() + SECONDS_OF_REST
            _log.warning("Remembering nothing for a while: %s", error)
            return None
        known = [revision for revision in each if revision is not None]
        if len(known) < len(each):
            return None
        return Revision(" ".join(one.word for one in known), all(one.is_settled for one in known))

    def _of_one(self, kb: KnowledgeBase) -> Revision | None:
        key = Layout(kb.metadata.namespace, kb.metadata.name).revision
        info = self._objects.stat(key)
        if info is None:
            return None
        word, since = self._first_seen.get(key, ("", 0.0))
        if word != info.etag:
            since = self._monotonic()
            self._first_seen[key] = (info.etag, since)
        return Revision(info.etag, self._monotonic() >= since + MOST_SECONDS_BEHIND)
