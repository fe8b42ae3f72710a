"""The tables; `migrations` brings a database to them step by step, and a test holds the two together."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kubelore_api.database.columns import Moment, exact_text, long_text

ID = exact_text(32)
NAME = exact_text(128)
SUBJECT = exact_text(256)


class Table(DeclarativeBase):
    """Constraints get names, so that a migration can speak of them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ApiKeyRow(Table):
    """An API key without its secret: `digest` is the secret's sha256 in hex."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(NAME, index=True)
    name: Mapped[str] = mapped_column(NAME)
    digest: Mapped[str] = mapped_column(exact_text(64))
    permissions: Mapped[list[str]] = mapped_column(JSON)
    groups: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)


class AssistantRow(Table):
    """An assistant; `settings` is the model of that name as JSON."""

    __tablename__ = "assistants"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(NAME)
    name: Mapped[str] = mapped_column(NAME)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)


class SessionRow(Table):
    """A conversation of one user of a tenant."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "tenant", "subject", "updated_at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(NAME)
    subject: Mapped[str] = mapped_column(SUBJECT)
    model: Mapped[str] = mapped_column(exact_text(512))
    title: Mapped[str] = mapped_column(exact_text(256))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment, index=True)


class TurnRow(Table):
    """A question and its answer; `sources` are the contexts that the answer stands on."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("session_id", "number"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    session_id: Mapped[str] = mapped_column(ID, ForeignKey("sessions.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    question: Mapped[str] = mapped_column(long_text())
    answer: Mapped[str] = mapped_column(long_text())
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    prompt_tokens: Mapped[int] = mapped_column(Integer)
    completion_tokens: Mapped[int] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(Integer)
    feedback: Mapped[int | None] = mapped_column(Integer)
    comment: Mapped[str | None] = mapped_column(long_text())
    created_at: Mapped[datetime] = mapped_column(Moment)


class ResponseRow(Table):
    """A response of one user of a tenant, made with these groups; `turns` is the conversation up to and with it."""

    __tablename__ = "responses"
    __table_args__ = (Index(None, "tenant", "subject"),)

    id: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(NAME)
    subject: Mapped[str] = mapped_column(SUBJECT)
    groups: Mapped[list[str]] = mapped_column(JSON)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    turns: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)


class MeteringRow(Table):
    """What a tenant's user used of a model within some seconds; a report sums rows."""

    __tablename__ = "metering"
    __table_args__ = (Index(None, "tenant", "at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(NAME)
    subject: Mapped[str] = mapped_column(SUBJECT)
    model: Mapped[str] = mapped_column(exact_text(512))
    at: Mapped[datetime] = mapped_column(Moment)
    requests: Mapped[int] = mapped_column(Integer)
    prompt_tokens: Mapped[int] = mapped_column(Integer)
    completion_tokens: Mapped[int] = mapped_column(Integer)
    documents: Mapped[int] = mapped_column(Integer)
    uploaded_bytes: Mapped[int] = mapped_column(BigInteger)
