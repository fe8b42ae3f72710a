"""Turns rows into what the engine keeps and back, and refuses what it could not keep as it is.

Milvus Lite takes NaN and counts lengths in characters, a server is strict and counts bytes: every row is held to the
server's rules.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.interface import Row
from kubelore.vectorstore.schema import (
    ARRAY,
    JSON,
    LARGEST_METADATA_BYTES,
    LONGEST_ACCESS_GROUP_BYTES,
    MOST_ACCESS_GROUPS,
    VARCHAR_BYTES,
    VECTOR,
)

MOST_ROWS_A_CALL = 1000
MOST_BYTES_A_CALL = 32 * 1024 * 1024
"""Half of the largest call that a server takes."""

_BYTES_A_NUMBER = 8
_NO_PAGE = 0


def check_row(row: Row) -> None:
    """Raise VECTOR_STORE_REFUSED for a row that some engine would refuse or change."""
    if not np.isfinite(row.vector).all():
        raise _refused(row, "its vector holds a number that is not finite")
    for name, longest in VARCHAR_BYTES.items():
        if len(_utf8(row, getattr(row, name))) > longest:
            raise _refused(row, f"its {name} is longer than {longest} bytes")
    if len(row.access_groups) > MOST_ACCESS_GROUPS:
        raise _refused(row, f"it has more than {MOST_ACCESS_GROUPS} access groups")
    if any(len(_utf8(row, group)) > LONGEST_ACCESS_GROUP_BYTES for group in row.access_groups):
        raise _refused(row, f"an access group is longer than {LONGEST_ACCESS_GROUP_BYTES} bytes")
    if len(_utf8(row, json.dumps(row.metadata, ensure_ascii=False))) > LARGEST_METADATA_BYTES:
        raise _refused(row, f"its metadata is larger than {LARGEST_METADATA_BYTES} bytes")


def to_entity(row: Row) -> dict[str, Any]:
    """Write a row as the engine's columns: no page is page 0, a time is seconds since 1970."""
    entity: dict[str, Any] = {name: getattr(row, name) for name in VARCHAR_BYTES}
    return entity | {
        VECTOR: np.asarray(row.vector, dtype=np.float32).tolist(),
        "chunk_id": row.chunk_id,
        "page": _NO_PAGE if row.page is None else row.page,
        "char_start": row.char_start,
        "char_end": row.char_end,
        "ingested_at": int(row.ingested_at.timestamp()),
        ARRAY: list(row.access_groups),
        JSON: dict(row.metadata),
    }


def from_entity(entity: Mapping[str, Any]) -> Row:
    """Read a row that a search returned; its vector stays away."""
    texts: dict[str, str] = {name: entity[name] for name in VARCHAR_BYTES}
    return Row(
        **texts,
        vector=(),
        chunk_id=entity["chunk_id"],
        page=None if entity["page"] == _NO_PAGE else entity["page"],
        char_start=entity["char_start"],
        char_end=entity["char_end"],
        access_groups=tuple(entity[ARRAY]),
        metadata=dict(entity[JSON] or {}),
        ingested_at=datetime.fromtimestamp(entity["ingested_at"], UTC),
    )


def without_repeats(rows: Iterable[Row]) -> list[Row]:
    """Keep the last row of each id: what a repeated key does within one call is not defined."""
    return list({row.id: row for row in rows}.values())


def batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into calls that every engine takes, by their number and by their bytes."""
    start, size = 0, 0
    for index, row in enumerate(rows):
        row_size = _size(row)
        if index > start and (index - start >= MOST_ROWS_A_CALL or size + row_size > MOST_BYTES_A_CALL):
            yield rows[start:index]
            start, size = index, 0
        size += row_size
    if start < len(rows):
        yield rows[start:]


def _size(row: Row) -> int:
    """Return at least as many bytes as the row takes in a call."""
    texts = sum(len(getattr(row, name).encode()) for name in VARCHAR_BYTES)
    extras = len(json.dumps(row.metadata)) + sum(len(group.encode()) for group in row.access_groups)
    return texts + extras + _BYTES_A_NUMBER * (len(row.vector) + 16)


def _utf8(row: Row, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _refused(row, "its text is not valid Unicode") from error


def _refused(row: Row, detail: str) -> KubeloreError:
    subject = f"chunk {row.chunk_id} of document {row.source[:200]!r}"
    return KubeloreError(ErrorCode.VECTOR_STORE_REFUSED, subject, detail)
