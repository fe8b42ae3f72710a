"""Lets in who knows the API key."""

import hmac

from fastapi import Request
from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError

_SCHEME = "bearer"


class RequireKey:
    """A dependency that refuses requests without the key; with an empty key it lets everybody in."""

    def __init__(self, key: SecretStr) -> None:
        """Ask for `key`."""
        self._key = key.get_secret_value().encode()

    async def __call__(self, request: Request) -> None:
        """Raise KubeloreError UNAUTHENTICATED without the key; the comparison takes the same time for every key."""
        if self._key and not hmac.compare_digest(_bearer(request), self._key):
            raise KubeloreError(ErrorCode.UNAUTHENTICATED, "header Authorization")


def _bearer(request: Request) -> bytes:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip().encode() if scheme.lower() == _SCHEME else b""
