"""What is known of a file that is being fetched, kept beside its part so that the next process can go on."""

from pathlib import Path

from pydantic import ValidationError

from kubelore.documents.models import StoredModel
from kubelore_ingest.model_fetch.files import write_durably
from kubelore_ingest.model_fetch.remote import FoundFile
from kubelore_ingest.model_fetch.segments import Segment

MOST_WRONG = 2
"""Content that came wrong twice is what the server holds, and not damage on the way."""


class Journal(StoredModel):
    """The state of one file; `validator`, `size` and `expected` say of which content, `sha256` that it was verified.

    `wrong` holds the checksums of content that was fetched whole, and thrown away because another was expected.
    """

    validator: str | None = None
    size: int | None = None
    expected: str | None = None
    segments: tuple[Segment, ...]
    sha256: str | None = None
    wrong: tuple[str, ...] = ()

    def is_of(self, found: FoundFile) -> bool:
        """Whether it tells of the content that the server has now."""
        return (self.validator, self.size, self.expected) == (found.validator, found.size, found.remote.sha256)

    @property
    def is_hopeless(self) -> bool:
        """Whether another attempt would bring the same wrong content."""
        return len(self.wrong) >= MOST_WRONG and len(set(self.wrong[-MOST_WRONG:])) == 1


def read_journal(path: Path) -> Journal | None:
    """Read a journal; one that can't be read is as none, for all that it saves is work."""
    try:
        return Journal.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_journal(path: Path, journal: Journal) -> None:
    """Replace a journal."""
    write_durably(path, journal.to_json())
