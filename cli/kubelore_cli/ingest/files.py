"""Chooses the files of a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError


@dataclass(frozen=True, slots=True)
class Document:
    """A file, and the name that its document is known by."""

    path: Path
    name: str


def find_documents(path: Path, glob: str) -> Sequence[Document]:
    """Return the file, or the matching files under the folder by name; hidden ones are left out.

    A document is named by its path from the folder's parent, so that the folder's own name stays in it.
    Raises KubeloreError SOURCE_NOT_FOUND where there is none.
    """
    if path.is_file():
        return [Document(path, path.name)]
    root = path.resolve()
    found = [file for file in root.glob(glob) if file.is_file() and not _is_hidden(file.relative_to(root))]
    if not found:
        raise KubeloreError(ErrorCode.SOURCE_NOT_FOUND, str(path), f"no file matches {glob}")
    return [Document(file, file.relative_to(root.parent).as_posix()) for file in sorted(found)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
