"""Keeps a document's rows with their vectors as Parquet: the truth that Milvus is filled from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kubelore.vectorstore.interface import Row

_VERSION = b"kubelore.version"
_FINGERPRINT = b"kubelore.fingerprint"
_ABOUT = b"kubelore.document"

_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("id", pa.string()),
    ("chunk_text", pa.string()),
    ("document_id", pa.string()),
    ("document_version", pa.string()),
    ("chunk_id", pa.int64()),
    ("tenant_id", pa.string()),
    ("source", pa.string()),
    ("title", pa.string()),
    ("heading_path", pa.string()),
    ("page", pa.int64()),
    ("char_start", pa.int64()),
    ("char_end", pa.int64()),
    ("access_groups", pa.list_(pa.string())),
    ("ingested_at", pa.timestamp("s", tz="UTC")),
)
_VECTOR = "vector"
_METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class KeptRows:
    """A document's rows, and what they were made of: its content's version and the settings' fingerprint."""

    version: str
    fingerprint: str
    media_type: str
    rows: Sequence[Row]


def write_rows(kept: KeptRows) -> bytes:
    """Write at least one row as Parquet, compressed with zstd."""
    arrays = [pa.array([getattr(row, name) for row in kept.rows], type=kind) for name, kind in _COLUMNS]
    vectors = [np.asarray(row.vector, dtype=np.float32) for row in kept.rows]
    vector_column = pa.array(vectors, type=pa.list_(pa.float32(), len(vectors[0])))
    metadata = pa.array([json.dumps(row.metadata, ensure_ascii=False) for row in kept.rows], type=pa.string())
    schema_metadata = {
        _VERSION: kept.version.encode(),
        _FINGERPRINT: kept.fingerprint.encode(),
        _ABOUT: kept.media_type.encode(),
    }
    names = [name for name, _ in _COLUMNS]
    table = pa.table([*arrays, metadata, vector_column], names=[*names, _METADATA, _VECTOR])
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(schema_metadata), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def read_rows(data: bytes) -> KeptRows | None:
    """Read what `write_rows` wrote, or return None for anything else."""
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowInvalid, OSError):
        return None
    about = table.schema.metadata or {}
    if _VERSION not in about or _FINGERPRINT not in about:
        return None
    records = table.drop_columns([_VECTOR]).to_pylist()
    return KeptRows(
        version=about[_VERSION].decode(),
        fingerprint=about[_FINGERPRINT].decode(),
        media_type=about.get(_ABOUT, b"").decode(),
        rows=[_row(record, vector) for record, vector in zip(records, table[_VECTOR].to_numpy(), strict=True)],
    )


def _row(record: Mapping[str, Any], vector: Any) -> Row:
    moment: datetime = record["ingested_at"]
    fields = dict(record) | {
        "metadata": json.loads(record[_METADATA]),
        "access_groups": tuple(record["access_groups"]),
        "ingested_at": moment.astimezone(UTC),
    }
    return Row(**fields, vector=vector)
