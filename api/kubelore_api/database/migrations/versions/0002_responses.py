"""Responses."""

import sqlalchemy as sa
from alembic import op

from kubelore_api.database.columns import Moment, exact_text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "responses",
        sa.Column("id", exact_text(64), nullable=False),
        sa.Column("tenant", exact_text(128), nullable=False),
        sa.Column("subject", exact_text(256), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_responses"),
    )
    op.create_index("ix_responses_tenant_subject", "responses", ["tenant", "subject"], unique=False)
    op.create_index("ix_responses_created_at", "responses", ["created_at"], unique=False)
