"""What the quickstart consists of, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.interface import ObjectStore

PREFIX = "quickstart/"
KNOWLEDGE_BASE = "quickstart"
TASK = "quickstart"

QUESTIONS = (
    "How do I take documents out of a knowledge base?",
    "为什么重试不会产生重复的行？",
    "What does exit code 42 of a worker mean?",
)
"""One that an English page answers, one that a Chinese page answers, and one that the PDF answers."""

_IN_THE_REPOSITORY = Path("examples") / "quickstart"


@dataclass(frozen=True, slots=True)
class Quickstart:
    """A folder with `manifests/` and `documents/`."""

    folder: Path

    @property
    def manifests(self) -> Path:
        """The manifests."""
        return self.folder / "manifests"

    @property
    def documents(self) -> Path:
        """The documents that they bring in."""
        return self.folder / "documents"

    def copy_documents(self, objects: ObjectStore) -> Sequence[str]:
        """Put the documents where the task looks for them, and return their keys."""
        objects.ensure()
        files = [file for file in sorted(self.documents.rglob("*")) if file.is_file()]
        keys = [PREFIX + file.relative_to(self.documents).as_posix() for file in files]
        for key, file in zip(keys, files, strict=True):
            objects.put(key, file.read_bytes())
        return keys


def find_quickstart(folder: Path | None) -> Quickstart:
    """Return the named folder's, else the one of the repository that this code or the shell is in.

    Raises KubeloreError SETTINGS_INVALID.
    """
    if folder is not None:
        return _checked(folder)
    repository = Path(__file__).resolve().parents[3]
    for root in (Path.cwd(), repository):
        if (root / _IN_THE_REPOSITORY).is_dir():
            return _checked(root / _IN_THE_REPOSITORY)
    found = "the quickstart is part of the repository, not of the installed package; clone it and name its folder"
    raise KubeloreError(ErrorCode.SETTINGS_INVALID, "--examples", found)


def _checked(folder: Path) -> Quickstart:
    quickstart = Quickstart(folder)
    missing = [part.name for part in (quickstart.manifests, quickstart.documents) if not part.is_dir()]
    if missing:
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, f"--examples {folder}", f"it has no folder {missing[0]}")
    return quickstart
