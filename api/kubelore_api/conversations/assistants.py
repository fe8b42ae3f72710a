"""Assistants: a tenant's own ways of answering over one or several knowledge bases, kept under names."""

import uuid
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from kubelore.clock import precise_now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.database.database import Database, affected
from kubelore_api.database.tables import AssistantRow

NAME_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"


class Assistant(BaseModel):
    """How it answers; what is None is as the first knowledge base says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=128, pattern=NAME_PATTERN, description="Also its name as a model.")
    knowledge_bases: tuple[str, ...] = Field(
        min_length=1, max_length=16, description="What it searches; the first one's models write and embed."
    )
    description: str = Field(default="", max_length=2048)
    welcome_message: str = Field(default="", max_length=4096, description="What a new conversation begins with.")
    suggested_questions: tuple[str, ...] = Field(default=(), max_length=16)
    system_prompt: str | None = Field(default=None, max_length=32768)
    score_threshold: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=1, le=100)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)


class Assistants:
    """The assistants of every tenant; none is found by another tenant.

    Every method raises KubeloreError as the database does.
    """

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._database = database

    async def list(self, tenant: str) -> Sequence[Assistant]:
        """Return a tenant's assistants by their names."""
        query = select(AssistantRow).where(AssistantRow.tenant == tenant).order_by(AssistantRow.name)
        async with self._database.transaction() as session:
            return [_assistant(row) for row in await session.scalars(query)]

    async def find(self, tenant: str, name: str) -> Assistant | None:
        """Return one."""
        query = select(AssistantRow).where(AssistantRow.tenant == tenant, AssistantRow.name == name)
        async with self._database.transaction() as session:
            row = (await session.scalars(query)).one_or_none()
        return None if row is None else _assistant(row)

    async def create(self, tenant: str, assistant: Assistant) -> None:
        """Keep a new one; raises ENTRY_CONFLICT where its name is taken."""
        row = AssistantRow(
            id=uuid.uuid4().hex,
            tenant=tenant,
            name=assistant.name,
            settings=assistant.model_dump(mode="json"),
            created_at=precise_now(),
        )
        try:
            async with self._database.transaction() as session:
                session.add(row)
        except IntegrityError as error:
            raise KubeloreError(ErrorCode.ENTRY_CONFLICT, f"assistant {assistant.name}") from error

    async def replace(self, tenant: str, assistant: Assistant) -> None:
        """Change one; raises ENTRY_NOT_FOUND."""
        query = select(AssistantRow).where(AssistantRow.tenant == tenant, AssistantRow.name == assistant.name)
        async with self._database.transaction() as session:
            row = (await session.scalars(query)).one_or_none()
            if row is None:
                raise unknown_assistant(assistant.name)
            row.settings = assistant.model_dump(mode="json")

    async def delete(self, tenant: str, name: str) -> None:
        """Delete one, and none of its conversations; raises ENTRY_NOT_FOUND."""
        query = delete(AssistantRow).where(AssistantRow.tenant == tenant, AssistantRow.name == name)
        async with self._database.transaction() as session:
            gone = affected(await session.execute(query))
        if not gone:
            raise unknown_assistant(name)


def unknown_assistant(name: str) -> KubeloreError:
    """Return the error for an assistant that isn't there, or is another tenant's."""
    return KubeloreError(ErrorCode.ENTRY_NOT_FOUND, f"assistant {name[:128]}")


def _assistant(row: AssistantRow) -> Assistant:
    return Assistant.model_validate(row.settings)
