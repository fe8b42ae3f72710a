"""What a route asks for: the services, and who is calling.

A route says by the type of its caller what it takes to call it. What it asks for is async although nothing here waits:
the framework sends every plain function to a thread, and a request would change threads several times.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.database.database import Database
from kubelore_api.services import Services


class _Documented(HTTPBearer):
    """Names the credential in the OpenAPI description; a WebSocket has none of what it looks at."""

    async def __call__(self) -> None:  # type: ignore[override]
        """Do nothing: the middleware has asked for it already."""


_documented = _Documented(auto_error=False, description="An API key or a token, where the gateway asks for one.")


def services_of(connection: HTTPConnection) -> Services:
    """Return what the routes work with."""
    return cast("Services", connection.app.state.services)


def permitted_caller(connection: HTTPConnection, permission: Permission) -> Caller:
    """Return who is calling; raises KubeloreError FORBIDDEN for someone without the permission."""
    caller = cast("Caller", connection.state.caller)
    caller.require(permission)
    return caller


async def _services(connection: HTTPConnection) -> Services:
    return services_of(connection)


async def _database(connection: HTTPConnection) -> Database:
    database = services_of(connection).database
    if database is None:
        raise KubeloreError(ErrorCode.DATABASE_NOT_CONFIGURED, "the request")
    return database


def _caller_with(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    async def permitted(connection: HTTPConnection, _credential: Annotated[None, Depends(_documented)]) -> Caller:
        return permitted_caller(connection, permission)

    return permitted


ServicesOf = Annotated[Services, Depends(_services)]
DatabaseOf = Annotated[Database, Depends(_database)]
CallerOf = Annotated[Caller, Depends(_caller_with(Permission.READ))]
"""Who may ask and search."""
EditorOf = Annotated[Caller, Depends(_caller_with(Permission.WRITE))]
"""Who may bring documents in and take them out."""
AdminOf = Annotated[Caller, Depends(_caller_with(Permission.ADMIN))]
"""Who sees to a tenant."""
OperatorOf = Annotated[Caller, Depends(_caller_with(Permission.OPERATE))]
"""Who sees to the installation."""
