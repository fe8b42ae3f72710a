"""Fetches one file: what is there already is kept, what came is verified before it gets its name."""

import logging
from dataclasses import dataclass
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.model_fetch.completion import FetchedFile
from kubelore_ingest.model_fetch.journal import Journal, read_journal
from kubelore_ingest.model_fetch.limits import Limits
from kubelore_ingest.model_fetch.part_file import PartFile, Place
from kubelore_ingest.model_fetch.progress import Meter
from kubelore_ingest.model_fetch.remote import FoundFile
from kubelore_ingest.model_fetch.transfer import Transfer
from kubelore_ingest.model_fetch.volume import allocated
from kubelore_ingest.model_fetch.web import source_error

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch, and what an earlier process left of it."""

    found: FoundFile
    place: Place
    journal: Journal | None

    @classmethod
    def plan(cls, found: FoundFile, target: Path) -> "Download":
        """Look at what is there; raises MODEL_CORRUPT where fetching it again would bring the same wrong content."""
        place = Place.of(target, found.remote.path)
        if not place.final.parent.resolve().is_relative_to(target.resolve()):
            raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, found.remote.url, "a link leads out of the folder")
        journal = read_journal(place.journal)
        known = journal if journal is not None and journal.is_of(found) else None
        if known is not None and known.is_hopeless:
            raise _corrupt(found, known.wrong[-1], f"{len(known.wrong)} times; it is not fetched again")
        return cls(found, place, known)

    @property
    def is_done(self) -> bool:
        """Whether the verified file has its name already."""
        return (
            self.journal is not None
            and self.journal.sha256 is not None
            and self.place.final.is_file()
            and self.place.final.stat().st_size == self.found.size
        )

    @property
    def bytes_done(self) -> int:
        """Bytes that need not be fetched."""
        if self.is_done:
            return self.found.size or 0
        if self.journal is None or not self.found.is_resumable or not self.place.part.is_file():
            return 0
        return sum(segment.done for segment in self.journal.segments)

    @property
    def bytes_needed(self) -> int:
        """Bytes that the volume must still have room for, as far as that is known."""
        if self.is_done or self.found.size is None:
            return 0
        return max(0, self.found.size - allocated(self.place.part))

    def run(self, limits: Limits, meter: Meter) -> FetchedFile:
        """Fetch what is missing, verify the whole, and give it its name; raises KubeloreError."""
        if self.is_done and self.journal is not None and self.journal.sha256 is not None:
            return self._fetched(self.journal.sha256)
        part = PartFile(self.place, self.found, limits.segment_bytes)
        try:
            Transfer(part, limits, meter).run()
            return self._fetched(_publish(part))
        finally:
            part.close()

    def _fetched(self, sha256: str) -> FetchedFile:
        return FetchedFile(path=self.found.remote.path, bytes=self.place.final.stat().st_size, sha256=sha256)


def _publish(part: PartFile) -> str:
    sha256 = part.sha256()
    if part.found.remote.sha256 not in {None, sha256}:
        part.throw_away(sha256)
        raise _corrupt(part.found, sha256, "it was deleted")
    part.publish(sha256)
    _log.info("a file is complete", extra={"file": part.found.remote.path, "sha256": sha256})
    return sha256


def _corrupt(found: FoundFile, sha256: str, what_then: str) -> KubeloreError:
    detail = f"sha256 {found.remote.sha256} was expected and {sha256} came, {what_then}"
    return source_error(ErrorCode.MODEL_CORRUPT, found.remote.url, detail)
