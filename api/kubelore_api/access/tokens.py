"""Verifies JSON web tokens of one OpenID Connect issuer."""

import logging
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.exceptions import PyJWTError
from pydantic import TypeAdapter, ValidationError

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.fields import TenantName
from kubelore.settings import Settings
from kubelore_api.access.authenticate import LONGEST_CREDENTIAL, unauthenticated
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import LEAST, permissions_of
from kubelore_api.access.signing_keys import SigningKeys

_log = logging.getLogger(__name__)

LEEWAY_SECONDS = 10
"""How far the clocks of issuer and gateway may be apart."""
MOST_GROUPS = 256
LONGEST_NAME = 256

SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""All are asymmetric: no public key can be taken for a shared secret."""

_PARTS = 3
_REQUIRED = ["exp", "iss", "aud", "sub"]
_TENANT: TypeAdapter[str] = TypeAdapter(TenantName)
Claims = Mapping[str, Any]


class Tokens:
    """Takes a token's tenant, groups and roles from its claims, once its signature and its claims hold."""

    def __init__(self, settings: Settings, keys: SigningKeys) -> None:
        """Raise KubeloreError SETTINGS_INVALID as `check_tokens` does."""
        check_tokens(settings)
        self._settings = settings
        self._algorithms = _algorithms(settings)
        self._keys = keys

    def recognises(self, credential: str) -> bool:
        """Say whether it has the three parts of a signed token, or of what pretends to be one."""
        return credential.count(".") >= _PARTS - 1

    async def caller(self, credential: str) -> Caller:
        """Return whom the token was issued to."""
        if len(credential) > LONGEST_CREDENTIAL:
            raise unauthenticated()
        try:
            return self._caller(await self._claims(credential))
        # A header nested deeper than the parser recurses is no token either.
        except (PyJWTError, ValidationError, ValueError, TypeError, RecursionError) as error:
            _log.info("Refused a token: %s", type(error).__name__)
            raise unauthenticated() from error

    async def _claims(self, token: str) -> Claims:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in self._algorithms:
            raise jwt.InvalidAlgorithmError
        key = await self._keys.find(header.get("kid"), algorithm)
        if key is None:
            raise jwt.InvalidKeyError
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self._settings.oidc_audience,
            issuer=self._settings.oidc_issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )

    def _caller(self, claims: Claims) -> Caller:
        settings = self._settings
        subject = claims["sub"]
        if not 0 < len(subject) <= LONGEST_NAME:
            raise ValueError("sub")
        return Caller(
            tenant=_TENANT.validate_python(_claim(claims, settings.oidc_tenant_claim), strict=True),
            groups=_names(_claim(claims, settings.oidc_groups_claim)),
            permissions=permissions_of(_names(_claim(claims, settings.oidc_roles_claim))) or LEAST,
            subject=subject,
        )


def check_tokens(settings: Settings) -> None:
    """Raise KubeloreError SETTINGS_INVALID where tokens could not be verified as they must."""
    if not settings.oidc_audience:
        found = "it must be set where KUBELORE_OIDC_ISSUER is: tokens for other programs are not for this one"
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, "KUBELORE_OIDC_AUDIENCE", found)
    unknown = _algorithms(settings) - SIGNATURES
    if unknown or not _algorithms(settings):
        found = f"{', '.join(sorted(unknown)) or 'none'} given, possible are {', '.join(sorted(SIGNATURES))}"
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, "KUBELORE_OIDC_ALGORITHMS", found)


def _algorithms(settings: Settings) -> frozenset[str]:
    return frozenset(name.strip() for name in settings.oidc_algorithms.split(",") if name.strip())


def _claim(claims: Claims, path: str) -> object:
    """Return a claim by its own name, or by a path of names into objects; None where there is none."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _names(claim: object) -> frozenset[str]:
    """Read a list of names, or one; raises ValueError for anything else."""
    names = [claim] if isinstance(claim, str) else claim or []
    if not isinstance(names, list) or len(names) > MOST_GROUPS:
        raise ValueError("no list of names")
    if not all(isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in names):
        raise ValueError("no list of names")
    return frozenset(names)
