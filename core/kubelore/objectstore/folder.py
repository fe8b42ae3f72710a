"""Objects as files under a folder: the object store of a laptop."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.interface import ObjectInfo
from kubelore.objectstore.paths import part_of, path_of

_SCRATCH = "%scratch"
"""Where files are written before they get their names; no key has this path."""

_COPY_BYTES = 1 << 20
_MOST_RACES = 100


class FolderStore:
    """An object store in a folder that several processes may share.

    Writes are atomic and reach the disk before they return. As with MinIO, a key can't be both an object and a
    prefix of others.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def ensure(self) -> None:
        """Create the folder."""
        with _changing("", self._root):
            (self._root / _SCRATCH).mkdir(parents=True, exist_ok=True)

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object whole; a file keeps no content type."""
        self.put_stream(key, BytesIO(data), len(data), content_type)

    def put_stream(self, key: str, stream: BinaryIO, size: int, content_type: str = "application/octet-stream") -> None:
        """Write an object of `size` bytes; a file keeps no content type."""
        del content_type
        target = self._path(key)
        with _changing(key, self._root), self._scratch_file() as scratch:
            with scratch.open("wb") as file:
                shutil.copyfileobj(stream, file, _COPY_BYTES)
                file.flush()
                os.fsync(file.fileno())
            if scratch.stat().st_size != size:
                raise KubeloreError(ErrorCode.OBJECT_STORE_REFUSED, key, f"the stream does not hold {size} bytes")
            _move(scratch, target)

    def get(self, key: str) -> bytes:
        """Read an object whole."""
        with _reading(key, self._root):
            return self._path(key).read_bytes()

    def open(self, key: str, part_bytes: int = 1 << 20) -> Iterator[bytes]:
        """Read an object in parts."""
        with _reading(key, self._root), self._path(key).open("rb") as file:
            while part := file.read(part_bytes):
                yield part

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object."""
        path = self._path(key)
        with _reading(key, self._root):
            return _info(key, path) if path.is_file() else None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List objects in the order of their keys, holding one folder's names for each level."""
        with _reading(prefix, self._root):
            yield from _walk(self._root, "", prefix)

    def copy(self, source: str, target: str) -> None:
        """Copy an object; the copy is one that a change of the source does not reach."""
        with _reading(source, self._root), self._path(source).open("rb") as file:
            self.put_stream(target, file, os.fstat(file.fileno()).st_size)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, and the folders that hold nothing more."""
        for key in keys:
            path = self._path(key)
            with _changing(key, self._root):
                if not path.is_file():
                    continue
                path.unlink(missing_ok=True)
                self._prune(path.parent)

    def _path(self, key: str) -> Path:
        return self._root / path_of(key)

    @contextmanager
    def _scratch_file(self) -> Iterator[Path]:
        folder = self._root / _SCRATCH
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _prune(self, folder: Path) -> None:
        """Remove empty folders upwards; one that another process fills meanwhile stays."""
        with suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


def _move(scratch: Path, target: Path) -> None:
    """Give a written file its name, although another process may be pruning the folder that it goes to."""
    for race in range(_MOST_RACES):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch.replace(target)
        except (FileNotFoundError, FileExistsError):
            if race == _MOST_RACES - 1:
                raise
        else:
            break
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _walk(folder: Path, above: str, prefix: str) -> Iterator[ObjectInfo]:
    """Yield the objects below a folder; a folder sorts by its name with the slash that its keys have."""
    entries = [(above + part_of(entry.name) + ("/" if entry.is_dir() else ""), entry) for entry in _entries(folder)]
    for key, entry in sorted(entries, key=lambda item: item[0]):
        if entry.is_dir():
            if key.startswith(prefix) or prefix.startswith(key):
                yield from _walk(Path(entry.path), key, prefix)
        elif key.startswith(prefix):
            with suppress(FileNotFoundError):
                yield _info(key, Path(entry.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder; one that is gone meanwhile is empty."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name != _SCRATCH and not entry.is_symlink()]
    except FileNotFoundError:
        return []


def _info(key: str, path: Path) -> ObjectInfo:
    stat = path.stat()
    return ObjectInfo(
        key=key,
        size=stat.st_size,
        etag=f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}",
        modified=datetime.fromtimestamp(stat.st_mtime, UTC),
    )


@contextmanager
def _reading(key: str, root: Path) -> Iterator[None]:
    with _changing(key, root):
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise KubeloreError(ErrorCode.OBJECT_NOT_FOUND, f"object {key!r} in {root}") from error


@contextmanager
def _changing(key: str, root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KubeloreError(
            ErrorCode.OBJECT_STORE_REFUSED, f"object {key!r} in {root}", error.strerror or ""
        ) from error
