"""Keys, assistants, conversations and metering."""

import sqlalchemy as sa
from alembic import op

from kubelore_api.database.columns import Moment, exact_text, long_text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Take the step."""
    _create_api_keys()
    _create_assistants()
    _create_sessions()
    _create_metering()
    _create_turns()


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", exact_text(32), nullable=False),
        sa.Column("tenant", exact_text(128), nullable=False),
        sa.Column("name", exact_text(128), nullable=False),
        sa.Column("digest", exact_text(64), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_tenant", "api_keys", ["tenant"], unique=False)


def _create_assistants() -> None:
    op.create_table(
        "assistants",
        sa.Column("id", exact_text(32), nullable=False),
        sa.Column("tenant", exact_text(128), nullable=False),
        sa.Column("name", exact_text(128), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assistants"),
        sa.UniqueConstraint("tenant", "name", name="uq_assistants_tenant_name"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", exact_text(32), nullable=False),
        sa.Column("tenant", exact_text(128), nullable=False),
        sa.Column("subject", exact_text(256), nullable=False),
        sa.Column("model", exact_text(512), nullable=False),
        sa.Column("title", exact_text(256), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index(
        "ix_sessions_tenant_subject_updated_at", "sessions", ["tenant", "subject", "updated_at"], unique=False
    )
    op.create_index("ix_sessions_updated_at", "sessions", ["updated_at"], unique=False)


def _create_metering() -> None:
    op.create_table(
        "metering",
        sa.Column("id", exact_text(32), nullable=False),
        sa.Column("tenant", exact_text(128), nullable=False),
        sa.Column("subject", exact_text(256), nullable=False),
        sa.Column("model", exact_text(512), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("uploaded_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_metering"),
    )
    op.create_index("ix_metering_tenant_at", "metering", ["tenant", "at"], unique=False)


def _create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", exact_text(32), nullable=False),
        sa.Column("session_id", exact_text(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", long_text(), nullable=False),
        sa.Column("answer", long_text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("feedback", sa.Integer(), nullable=True),
        sa.Column("comment", long_text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_turns_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
        sa.UniqueConstraint("session_id", "number", name="uq_turns_session_id_number"),
    )
