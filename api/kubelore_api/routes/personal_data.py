"""All that is kept of a user or of a tenant beside its documents: to take along, and to have deleted."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from kubelore_api.conversations.personal_data import Person, PersonalData
from kubelore_api.routes.dependencies import AdminOf, CallerOf, DatabaseOf

router = APIRouter(prefix="/v1/personal_data", tags=["conversations"])


class Export(BaseModel):
    """Everything, by the tables that it is kept in."""

    data: Mapping[str, Sequence[Mapping[str, Any]]]


class Deleted(BaseModel):
    """What has gone."""

    deleted: int = Field(description="Rows, without those that went with them.")


@router.get("/me")
async def export_own(database: DatabaseOf, caller: CallerOf) -> Export:
    """Return all that is kept of the caller."""
    return Export(data=await PersonalData(database).export(Person(caller.tenant, caller.subject)))


@router.delete("/me")
async def delete_own(database: DatabaseOf, caller: CallerOf) -> Deleted:
    """Delete all that is kept of the caller."""
    return Deleted(deleted=await PersonalData(database).delete(Person(caller.tenant, caller.subject)))


@router.get("/tenant")
async def export_tenant(database: DatabaseOf, caller: AdminOf) -> Export:
    """Return all that is kept of the tenant."""
    return Export(data=await PersonalData(database).export(Person(caller.tenant)))


@router.delete("/tenant")
async def delete_tenant(database: DatabaseOf, caller: AdminOf) -> Deleted:
    """Delete all that is kept of the tenant, its API keys among it; its documents go with their knowledge bases."""
    return Deleted(deleted=await PersonalData(database).delete(Person(caller.tenant)))


@router.get("/users/{subject:path}")
async def export_user(subject: str, database: DatabaseOf, caller: AdminOf) -> Export:
    """Return all that is kept of one of the tenant's users."""
    return Export(data=await PersonalData(database).export(Person(caller.tenant, subject)))


@router.delete("/users/{subject:path}")
async def delete_user(subject: str, database: DatabaseOf, caller: AdminOf) -> Deleted:
    """Delete all that is kept of one of the tenant's users."""
    return Deleted(deleted=await PersonalData(database).delete(Person(caller.tenant, subject)))
