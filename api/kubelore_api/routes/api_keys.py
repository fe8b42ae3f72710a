"""The API keys of a tenant."""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.fields import TenantName
from kubelore_api.access.api_keys import ApiKey, ApiKeys, Grant
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.routes.dependencies import AdminOf, DatabaseOf

router = APIRouter(prefix="/v1/api_keys", tags=["access"])


class NewKey(BaseModel):
    """What a key is to be for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=128, description="Whose or what for it is.")
    permissions: frozenset[Permission] = Field(
        default=frozenset({Permission.READ}), min_length=1, description="What it allows; no more than the caller may."
    )
    groups: frozenset[str] = Field(default=frozenset(), max_length=256, description="The access groups it is in.")
    expires_at: AwareDatetime | None = Field(default=None, description="Default: it doesn't.")
    tenant: TenantName | None = Field(default=None, description="Another tenant's key; the owner alone may make one.")


class KeyObject(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    tenant: str
    permissions: list[Permission]
    groups: list[str]
    created_at: datetime
    expires_at: datetime | None


class CreatedKey(KeyObject):
    """A key with its secret, which is shown this once."""

    key: str


class KeyList(BaseModel):
    """All of them."""

    data: list[KeyObject]


@router.post("", status_code=HTTPStatus.CREATED)
async def create_api_key(request: NewKey, database: DatabaseOf, caller: AdminOf) -> CreatedKey:
    """Make a key."""
    key, secret = await ApiKeys(database).create(_grant(request, caller))
    return CreatedKey(**_object(key).model_dump(), key=secret.get_secret_value())


@router.get("")
async def list_api_keys(database: DatabaseOf, caller: AdminOf) -> KeyList:
    """List the tenant's keys."""
    return KeyList(data=[_object(key) for key in await ApiKeys(database).list(caller.tenant)])


@router.delete("/{key_id}", status_code=HTTPStatus.NO_CONTENT)
async def revoke_api_key(key_id: str, database: DatabaseOf, caller: AdminOf) -> Response:
    """Take a key back, from the next request on."""
    await ApiKeys(database).revoke(caller.tenant, key_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _grant(request: NewKey, caller: Caller) -> Grant:
    """Return what is asked for, if it is the caller's to give; raises KubeloreError FORBIDDEN."""
    tenant = request.tenant or caller.tenant
    if tenant != caller.tenant:
        caller.require(Permission.OPERATE)
    for permission in sorted(request.permissions):
        caller.require(permission)
    if Permission.OPERATE not in caller.permissions and not request.groups <= caller.groups:
        raise KubeloreError(ErrorCode.FORBIDDEN, "groups", "a key is in no group that its maker is not in")
    return Grant(tenant, request.name, request.permissions, request.groups, request.expires_at)


def _object(key: ApiKey) -> KeyObject:
    grant = key.grant
    return KeyObject(
        id=key.id,
        name=grant.name,
        tenant=grant.tenant,
        permissions=sorted(grant.permissions),
        groups=sorted(grant.groups),
        created_at=key.created_at,
        expires_at=grant.expires_at,
    )
