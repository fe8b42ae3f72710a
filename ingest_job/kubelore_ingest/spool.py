"""Documents on the disk, of which there may be more than memory holds."""

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from kubelore.documents.plan import PlannedDocument, read_documents, write_documents


class Spool:
    """A file of documents that is written first, and read as often as needed after that."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[PlannedDocument]:
        self._file.seek(0)
        for line in self._file:
            yield from read_documents(line)

    def append(self, document: PlannedDocument) -> None:
        """Write one more."""
        self._file.write(write_documents([document]))
        self._count += 1

    def stream(self) -> tuple[BinaryIO, int]:
        """Return the file at its beginning, and its size in bytes."""
        size = self._file.seek(0, 2)
        self._file.seek(0)
        return self._file, size
