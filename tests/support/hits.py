"""Rows as a search returns them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from kubelore.vectorstore.interface import Hit, Row


def hit(  # noqa: PLR0913 - one argument a column that a test may be about
    row_id: str = "row",
    score: float = 0.5,
    *,
    text: str = "text",
    tenant: str = "default",
    groups: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
    title: str = "A page",
    heading_path: str = "",
) -> Hit:
    """Build a hit."""
    row = Row(
        id=row_id,
        vector=(),
        chunk_text=text,
        document_id=f"document-of-{row_id}",
        document_version="1",
        chunk_id=0,
        tenant_id=tenant,
        source=f"{row_id}.md",
        title=title,
        heading_path=heading_path,
        page=3,
        char_start=10,
        char_end=10 + len(text),
        access_groups=tuple(groups),
        metadata=dict(metadata or {}),
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Hit(score, row)
