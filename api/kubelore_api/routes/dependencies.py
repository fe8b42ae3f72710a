"""What a route asks for: the services, and who is calling."""

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from kubelore_api.access.caller import Caller
from kubelore_api.services import Services

_documented = HTTPBearer(auto_error=False, description="The gateway's API key, where it asks for one.")


def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def _caller(request: Request, _key: Annotated[object, Depends(_documented)]) -> Caller:
    return cast("Caller", request.state.caller)


ServicesOf = Annotated[Services, Depends(_services)]
CallerOf = Annotated[Caller, Depends(_caller)]
