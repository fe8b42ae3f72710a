"""Rows for tests of the vector store."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kubelore.documents.ids import chunk_key
from kubelore.vectorstore.interface import Row

DIMENSION = 8


def unit_vector(seed: int) -> Sequence[float]:
    """A vector of length one; neighbouring seeds point in neighbouring directions."""
    angle = seed * 0.1
    return (math.cos(angle), math.sin(angle)) + (0.0,) * (DIMENSION - 2)


def row(index: int = 0, document: str = "doc", tenant: str = "default", **changes: Any) -> Row:
    """A row of a document, with everything else plausible."""
    version = changes.get("document_version", "v1")
    default = Row(
        id=chunk_key(tenant, document, version, index),
        vector=unit_vector(index),
        chunk_text=f"chunk number {index} of {document}",
        document_id=document,
        document_version=version,
        chunk_id=index,
        tenant_id=tenant,
        source=f"docs/{document}.md",
        title=document.title(),
        heading_path="Guide > Install",
        page=None,
        char_start=index * 100,
        char_end=index * 100 + 90,
        access_groups=(),
        metadata={},
        ingested_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    )
    return replace(default, **changes)


def rows(count: int, document: str = "doc", tenant: str = "default", **changes: Any) -> list[Row]:
    """The rows of a document of `count` chunks."""
    return [row(index, document, tenant, **changes) for index in range(count)]
