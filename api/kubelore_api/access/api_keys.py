"""API keys: made, listed, taken back, and recognised; their secrets are kept as hashes alone."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import delete, select

from kubelore.clock import precise_now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.authenticate import LONGEST_CREDENTIAL, unauthenticated
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.database.database import Database, affected
from kubelore_api.database.tables import ApiKeyRow

PREFIX = "klk_"
"""What every key begins with, so that scanners find one that was published."""
_ID_BYTES = 8
_SECRET_BYTES = 32
_NO_DIGEST = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key lets its bearer do, in whose name, and until when; without an end it holds until it is taken back."""

    tenant: str
    name: str
    permissions: frozenset[Permission]
    groups: frozenset[str] = frozenset()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret."""

    id: str
    grant: Grant
    created_at: datetime


class ApiKeys:
    """The keys of every tenant.

    A secret has 256 random bits, so that a fast hash of it is as good as a slow one.
    """

    def __init__(self, database: Database) -> None:
        """Read nothing yet."""
        self._database = database

    async def create(self, grant: Grant) -> tuple[ApiKey, SecretStr]:
        """Make a key; the secret is shown this once."""
        key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        key = ApiKey(key_id, grant, precise_now())
        async with self._database.transaction() as session:
            session.add(_row(key, _digest(secret)))
        return key, SecretStr(f"{PREFIX}{key_id}_{secret}")

    async def list(self, tenant: str) -> list[ApiKey]:
        """Return a tenant's keys, the oldest first."""
        query = select(ApiKeyRow).where(ApiKeyRow.tenant == tenant).order_by(ApiKeyRow.created_at, ApiKeyRow.id)
        async with self._database.transaction() as session:
            return [_key(row) for row in await session.scalars(query)]

    async def revoke(self, tenant: str, key_id: str) -> None:
        """Take a key back, from the next request on; raises KubeloreError ENTRY_NOT_FOUND."""
        query = delete(ApiKeyRow).where(ApiKeyRow.tenant == tenant, ApiKeyRow.id == key_id)
        async with self._database.transaction() as session:
            gone = affected(await session.execute(query))
        if not gone:
            raise KubeloreError(ErrorCode.ENTRY_NOT_FOUND, f"API key {key_id[:64]}")

    def recognises(self, credential: str) -> bool:
        """Say whether it looks like a key of ours."""
        return credential.startswith(PREFIX)

    async def caller(self, credential: str) -> Caller:
        """Return whom a key was made for."""
        key_id, _, secret = credential.removeprefix(PREFIX).partition("_")
        if len(credential) > LONGEST_CREDENTIAL:
            raise unauthenticated()
        async with self._database.transaction() as session:
            row = await session.get(ApiKeyRow, key_id)
        # An unknown id takes as long as a wrong secret.
        matches = hmac.compare_digest(_digest(secret), row.digest if row else _NO_DIGEST)
        if row is None or not matches or (row.expires_at is not None and row.expires_at <= precise_now()):
            raise unauthenticated()
        grant = _key(row).grant
        return Caller(grant.tenant, grant.groups, grant.permissions, subject=f"key:{row.id}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _row(key: ApiKey, digest: str) -> ApiKeyRow:
    grant = key.grant
    return ApiKeyRow(
        id=key.id,
        tenant=grant.tenant,
        name=grant.name,
        digest=digest,
        permissions=sorted(grant.permissions),
        groups=sorted(grant.groups),
        created_at=key.created_at,
        expires_at=grant.expires_at,
    )


def _key(row: ApiKeyRow) -> ApiKey:
    grant = Grant(
        tenant=row.tenant,
        name=row.name,
        permissions=frozenset(map(Permission, row.permissions)),
        groups=frozenset(row.groups),
        expires_at=row.expires_at,
    )
    return ApiKey(row.id, grant, row.created_at)
