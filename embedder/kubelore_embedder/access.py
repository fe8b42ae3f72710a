"""Lets in who knows the API key."""

import hmac

from fastapi import Request
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError

_SCHEME = "bearer"


class RequireKey:
    """A dependency that refuses requests without a key; where there is none to ask for, it lets everybody in."""

    def __init__(self, key: SecretStr, previous: SecretStr) -> None:
        """Ask for one of these keys; an empty one is none."""
        self._keys = [each.encode() for each in (key.get_secret_value(), previous.get_secret_value()) if each]

    async def __call__(self, request: Request) -> None:
        """Raise KubeloreError UNAUTHENTICATED without a key; the comparison takes the same time for every key."""
        borne = _bearer(request)
        known = [hmac.compare_digest(borne, key) for key in self._keys]
        if known and not any(known):
            raise KubeloreError(ErrorCode.UNAUTHENTICATED, "header Authorization")


def _bearer(request: Request) -> bytes:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip().encode() if scheme.lower() == _SCHEME else b""
