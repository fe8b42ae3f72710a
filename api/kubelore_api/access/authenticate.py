"""Turns a request's credential into a caller."""

import hmac
from typing import Protocol

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_api.access.caller import Caller

DEFAULT_TENANT = "default"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SCHEME = "bearer "


class Authenticator(Protocol):
    """Knows callers by their credential."""

    def caller(self, authorization: str | None) -> Caller:
        """Return who sent this `Authorization` header; raises KubeloreError UNAUTHENTICATED."""
        ...


class OpenAccess:
    """Takes everyone for the default tenant."""

    def caller(self, authorization: str | None) -> Caller:  # noqa: ARG002 - nothing is asked for
        """Return the default tenant."""
        return Caller(DEFAULT_TENANT)


class SharedKey:
    """Takes everyone who knows the installation's one key for the default tenant."""

    def __init__(self, key: str) -> None:
        """Take the key to compare with."""
        self._key = key.encode()

    def caller(self, authorization: str | None) -> Caller:
        """Compare in constant time."""
        sent = authorization or ""
        key = sent[len(_SCHEME) :].strip() if sent.lower().startswith(_SCHEME) else ""
        if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), self._key):
            raise KubeloreError(ErrorCode.UNAUTHENTICATED, "Authorization")
        return Caller(DEFAULT_TENANT)


def make_authenticator(settings: Settings) -> Authenticator:
    """Return the way of authenticating that the settings ask for.

    Raises KubeloreError SETTINGS_INVALID where a laptop's gateway would be open to the whole network.
    """
    key = settings.gateway_api_key.get_secret_value()
    if key:
        return SharedKey(key)
    if settings.embedded and settings.host not in _LOOPBACK:
        raise KubeloreError(
            ErrorCode.SETTINGS_INVALID,
            "KUBELORE_HOST",
            f"{settings.host} is open to others: set KUBELORE_GATEWAY_API_KEY as well, or listen on 127.0.0.1",
        )
    return OpenAccess()
