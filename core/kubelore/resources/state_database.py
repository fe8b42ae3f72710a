"""Keeps in SQLite what a folder of manifests can't: uids, generations, statuses and created tasks."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    digest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    manifest TEXT,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    UNIQUE (kind, namespace, name)
);
CREATE INDEX unfinished ON objects (kind, finished);
"""

_COLUMNS = "kind, namespace, name, uid, generation, digest, created_at, manifest, status, version"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is kept of one resource.

    `digest` is a hash of the spec as it was last seen; `manifest` holds a resource that was created here, and is
    None for one that stands in the folder; `version` counts the writes.
    """

    key: ResourceKey
    uid: str
    generation: int
    digest: str
    created_at: datetime
    manifest: str | None = None
    status: str = "{}"
    version: int = 1


class StateDatabase:
    """One connection behind one lock; every write is on the disk when its method returns."""

    def __init__(self, path: Path) -> None:
        """Open or create the database.

        Raises KubeloreError SETTINGS_INVALID for a file that is no database, or of a newer Kubelore.
        """
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise KubeloreError(ErrorCode.SETTINGS_INVALID, f"the state file {path}", str(error)) from error

    def objects(self, kind: str, *, unfinished_only: bool = False) -> Sequence[StoredObject]:
        """Return those of a kind, in the order in which they came."""
        wanted = "AND finished = 0" if unfinished_only else ""
        query = f"SELECT {_COLUMNS} FROM objects WHERE kind = ? {wanted} ORDER BY number"  # noqa: S608 - constants only
        with self._lock:
            return [_stored(row) for row in self._connection.execute(query, (kind,))]

    def get(self, key: ResourceKey) -> StoredObject | None:
        """Return one object."""
        query = f"SELECT {_COLUMNS} FROM objects WHERE kind = ? AND namespace = ? AND name = ?"  # noqa: S608 - constants only
        with self._lock:
            row = self._connection.execute(query, (key.kind, key.namespace, key.name)).fetchone()
        return None if row is None else _stored(row)

    def insert(self, new: StoredObject) -> None:
        """Keep a new object; raises KubeloreError RESOURCE_CONFLICT where its name is taken."""
        try:
            with self._transaction() as connection:
                _insert(connection, new)
        except sqlite3.IntegrityError as error:
            raise KubeloreError(ErrorCode.RESOURCE_CONFLICT, str(new.key)) from error

    def put_status(self, key: ResourceKey, status: str, *, finished: bool) -> None:
        """Replace an object's status; raises KubeloreError RESOURCE_NOT_FOUND."""
        query = (
            "UPDATE objects SET status = ?, finished = ?, version = version + 1"
            " WHERE kind = ? AND namespace = ? AND name = ?"
        )
        with self._transaction() as connection:
            changed = connection.execute(query, (status, finished, key.kind, key.namespace, key.name)).rowcount
        if changed == 0:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, str(key))

    def delete_created(self, uid: str, version: int) -> bool:
        """Delete an object that was created here, unless it was written since this version; say whether it was."""
        query = "DELETE FROM objects WHERE uid = ? AND version = ? AND manifest IS NOT NULL"
        with self._transaction() as connection:
            return connection.execute(query, (uid, version)).rowcount > 0

    def change(
        self,
        *,
        new: Sequence[StoredObject] = (),
        respecified: Sequence[StoredObject] = (),
        gone: Sequence[ResourceKey] = (),
    ) -> None:
        """Insert, take over new generations and digests, and delete: all of it or nothing."""
        with self._transaction() as connection:
            for stored in new:
                _insert(connection, stored)
            connection.executemany(
                "UPDATE objects SET generation = ?, digest = ?, version = version + 1 WHERE uid = ?",
                [(stored.generation, stored.digest, stored.uid) for stored in respecified],
            )
            connection.executemany(
                "DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?",
                [(key.kind, key.namespace, key.name) for key in gone],
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        # A task that a user was told of must be there after a power cut too.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA busy_timeout = 5000")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise KubeloreError(
                ErrorCode.SETTINGS_INVALID,
                f"the state file {self._path}",
                f"a newer Kubelore wrote it (schema {version}, this one reads up to {SCHEMA_VERSION})",
            )
        if version == 0:
            with self._transaction() as connection:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, new: StoredObject) -> None:
    key = new.key
    connection.execute(
        f"INSERT INTO objects ({_COLUMNS}, finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",  # noqa: S608 - constants only
        (
            key.kind,
            key.namespace,
            key.name,
            new.uid,
            new.generation,
            new.digest,
            new.created_at.isoformat(),
            new.manifest,
            new.status,
            new.version,
        ),
    )


def _stored(row: tuple[str, str, str, str, int, str, str, str | None, str, int]) -> StoredObject:
    kind, namespace, name, uid, generation, digest, created_at, manifest, status, version = row
    return StoredObject(
        ResourceKey(kind, namespace, name),
        uid,
        generation,
        digest,
        datetime.fromisoformat(created_at),
        manifest,
        status,
        version,
    )
