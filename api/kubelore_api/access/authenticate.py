"""Turns a request's credential into a caller."""

import hmac
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.settings import Settings
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import EVERYTHING, Role, permissions_of

DEFAULT_TENANT = "default"
OWNER = Caller(DEFAULT_TENANT, permissions=EVERYTHING)
"""Who holds the installation's own key, or sits at the laptop that it runs on."""

ANYONE = Caller(DEFAULT_TENANT, permissions=permissions_of([Role.EDITOR]))
"""Who comes without a credential where that is allowed."""

LONGEST_CREDENTIAL = 8192
"""Characters; what is longer is refused unread."""

_SCHEME = "bearer "
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Verifier(Protocol):
    """Knows one kind of credential."""

    def recognises(self, credential: str) -> bool:
        """Say, by its form alone, whether a credential is of this kind."""
        ...

    async def caller(self, credential: str) -> Caller:
        """Return whose it is.

        Raises KubeloreError UNAUTHENTICATED, with nothing in its message that tells why, or a retryable one where
        that can't be found out now.
        """
        ...


@dataclass(frozen=True, slots=True)
class SharedKey:
    """Takes everyone who knows the installation's one key for its owner."""

    key: SecretStr

    def recognises(self, credential: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(
            credential.encode("utf-8", "surrogateescape"), self.key.get_secret_value().encode("utf-8")
        )

    async def caller(self, credential: str) -> Caller:  # noqa: ARG002 - it was compared already
        """Return the owner."""
        return OWNER


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Asks the one verifier that recognises a credential; a refused one is not offered to the next.

    `without_credential` is who comes with none, or with one of no known kind: OpenAI's clients always send something.
    """

    verifiers: tuple[Verifier, ...]
    without_credential: Caller | None = None

    async def caller(self, authorization: str | None) -> Caller:
        """Return who sent this `Authorization` header; raises KubeloreError UNAUTHENTICATED."""
        credential = _bearer(authorization or "")
        for verifier in self.verifiers:
            if credential and verifier.recognises(credential):
                return await verifier.caller(credential)
        if self.without_credential is None or len(credential) > LONGEST_CREDENTIAL:
            raise unauthenticated()
        return self.without_credential


def unauthenticated() -> KubeloreError:
    """Return the one error for every credential that isn't valid, so that none tells how close it came."""
    return KubeloreError(ErrorCode.UNAUTHENTICATED, "Authorization")


def without_credential(settings: Settings) -> Caller | None:
    """Say for whom a caller without a credential is taken: on a laptop that asks for none, its owner."""
    if settings.allow_anonymous:
        return ANYONE
    return OWNER if settings.embedded and not _asks_for_one(settings) else None


def check_access(settings: Settings) -> None:
    """Raise KubeloreError SETTINGS_INVALID where a laptop's gateway would be open to the whole network."""
    if settings.embedded and settings.host not in LOOPBACK and without_credential(settings) is OWNER:
        raise KubeloreError(
            ErrorCode.SETTINGS_INVALID,
            "KUBELORE_HOST",
            f"{settings.host} is open to others: set KUBELORE_GATEWAY_API_KEY as well, or listen on 127.0.0.1",
        )


def _asks_for_one(settings: Settings) -> bool:
    return bool(settings.gateway_api_key.get_secret_value() or settings.oidc_issuer)


def _bearer(authorization: str) -> str:
    return authorization[len(_SCHEME) :].strip() if authorization.lower().startswith(_SCHEME) else ""
