"""A file that is being fetched: its bytes so far, and the journal that says which they are."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from kubelore_ingest.model_fetch.files import sync_folder
from kubelore_ingest.model_fetch.journal import Journal, read_journal, write_journal
from kubelore_ingest.model_fetch.names import PARTIAL_NAME
from kubelore_ingest.model_fetch.remote import FoundFile
from kubelore_ingest.model_fetch.segments import Segment, cut, whole

_NAME_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file lies: at its end, while it is fetched, and what is known of it meanwhile."""

    final: Path
    part: Path
    journal: Path

    @classmethod
    def of(cls, target: Path, path: str) -> "Place":
        """Give a file its place; part and journal have names of one length, however deep the file lies."""
        name = hashlib.sha256(path.encode()).hexdigest()[:_NAME_DIGITS]
        partial = target / PARTIAL_NAME
        return cls(target / path, partial / f"{name}.part", partial / f"{name}.journal")


class PartFile:
    """Bytes of one content of a file; not for several threads, but for `save`."""

    def __init__(self, place: Place, found: FoundFile, segment_bytes: int) -> None:
        self.found = found
        self._place = place
        self._segment_bytes = segment_bytes
        self._journal: Journal
        self._segments: list[Segment]
        journal = read_journal(place.journal)
        known = journal if journal is not None and journal.is_of(found) else None
        if known is not None and self._can_go_on():
            self._take_up(known)
        else:
            place.part.unlink(missing_ok=True)
            self._begin(_new(found, segment_bytes, known.wrong if known is not None else ()))
        self._descriptor = os.open(place.part, os.O_RDWR | os.O_CREAT, 0o644)
        os.truncate(self._descriptor, found.size or 0)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments as they are now."""
        return tuple(self._segments)

    @property
    def bytes_done(self) -> int:
        """Bytes that are there."""
        return sum(segment.done for segment in self._segments)

    def start_over(self, found: FoundFile) -> None:
        """Throw away what is there: the server has other content."""
        self.found = found
        self._begin(_new(found, self._segment_bytes))
        os.truncate(self._descriptor, 0)
        os.truncate(self._descriptor, found.size or 0)

    def empty(self, index: int) -> int:
        """Forget a segment's bytes, and return how many they were."""
        segment = self._segments[index]
        self._segments[index] = segment.model_copy(update={"done": 0})
        return segment.done

    def write(self, index: int, data: bytes) -> int:
        """Append to a segment as much as belongs to it, and return how many bytes that were."""
        segment = self._segments[index]
        wanted = memoryview(data)[: segment.missing]
        written = 0
        while written < len(wanted):
            written += os.pwrite(self._descriptor, wanted[written:], segment.start + segment.done + written)
        self._segments[index] = segment.model_copy(update={"done": segment.done + written})
        return written

    def end_here(self, index: int) -> None:
        """Take the end of a stream of unknown length for the segment's."""
        segment = self._segments[index]
        self._segments[index] = segment.model_copy(update={"end": segment.start + segment.done})

    def save(self, segments: tuple[Segment, ...], sha256: str | None = None) -> None:
        """Have bytes and journal on the disk, the bytes first: the journal never claims what a crash could lose."""
        os.fdatasync(self._descriptor)
        self._journal = self._journal.model_copy(update={"segments": segments, "sha256": sha256})
        write_journal(self._place.journal, self._journal)

    def sha256(self) -> str:
        """Compute the checksum of the whole file."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()

    def throw_away(self, sha256: str) -> None:
        """Delete content that is not what was expected, and remember its checksum."""
        wrong = (*self._journal.wrong, sha256)
        write_journal(self._place.journal, _new(self.found, self._segment_bytes, wrong))
        self._place.part.unlink()

    def publish(self, sha256: str) -> None:
        """Give the file its name, once its bytes are on the disk; the journal says from then on that it is done."""
        self.save(self.segments, sha256)
        self._place.final.parent.mkdir(parents=True, exist_ok=True)
        self._place.part.replace(self._place.final)
        sync_folder(self._place.final.parent)

    def _begin(self, journal: Journal) -> None:
        """Write the journal before the part: one that claims more than the part holds must never be found."""
        write_journal(self._place.journal, journal)
        self._take_up(journal)

    def _take_up(self, journal: Journal) -> None:
        self._journal = journal
        self._segments = list(journal.segments)

    def _can_go_on(self) -> bool:
        part = self._place.part
        return self.found.is_resumable and part.is_file() and part.stat().st_size == self.found.size


def _new(found: FoundFile, segment_bytes: int, wrong: tuple[str, ...] = ()) -> Journal:
    segments = cut(found.size, segment_bytes) if found.is_resumable and found.size is not None else whole(found.size)
    return Journal(
        validator=found.validator, size=found.size, expected=found.remote.sha256, segments=segments, wrong=wrong
    )
