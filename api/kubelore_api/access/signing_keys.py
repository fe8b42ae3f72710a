"""The public keys that an issuer signs its tokens with, fetched when they are needed and kept for a while."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from kubelore.errors import ErrorCode, KubeloreError

_log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
"""How long keys are used without looking again; a key that its issuer took back counts no longer than this."""
SECONDS_BETWEEN_FETCHES = 15.0
"""Tokens with invented key ids must not become requests to the issuer."""
STALE_SECONDS = 24 * 3600.0
"""How long known keys are still used while the issuer is away."""
LARGEST_DOCUMENT = 1 << 20

_DISCOVERY = "/.well-known/openid-configuration"
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_ASYMMETRIC = frozenset({"RSA", "EC", "OKP"})
Json = Mapping[str, Any]


class SigningKeys:
    """The keys of one issuer; an unknown key id makes it look again, since issuers rotate keys."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: str,
        jwks_url: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet; without the keys' address, the issuer's discovery document names it."""
        self._session = session
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._monotonic = monotonic
        self._fetching = asyncio.Lock()
        self._keys: Sequence[Json] = ()
        self._fetched = -STALE_SECONDS
        self._tried = -STALE_SECONDS

    async def find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """Return the key of this id, or the only one where a token names none.

        Raises KubeloreError IDENTITY_PROVIDER_UNREACHABLE where no keys are known.
        """
        await self._fetch_unless_younger(FRESH_SECONDS)
        found = _pick(self._keys, key_id)
        if found is None:
            await self._fetch_unless_younger(SECONDS_BETWEEN_FETCHES)
            found = _pick(self._keys, key_id)
        return None if found is None else _parsed(found, algorithm)

    async def _fetch_unless_younger(self, seconds: float) -> None:
        async with self._fetching:
            if self._monotonic() - self._fetched < seconds:
                return
            if self._monotonic() - self._tried >= SECONDS_BETWEEN_FETCHES:
                await self._try_to_fetch()
            if self._monotonic() - self._fetched >= STALE_SECONDS:
                raise KubeloreError(ErrorCode.IDENTITY_PROVIDER_UNREACHABLE, self._issuer)

    async def _try_to_fetch(self) -> None:
        self._tried = self._monotonic()
        try:
            url = self._jwks_url or await self._discovered_url()
            keys = (await self._get(url))["keys"]
            self._keys = [key for key in keys if key.get("kty") in _ASYMMETRIC and key.get("use", "sig") == "sig"]
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError, AttributeError) as error:
            _log.warning("The signing keys of %s can't be had: %s", self._issuer, error)
            return
        self._fetched = self._tried

    async def _discovered_url(self) -> str:
        document = await self._get(self._issuer.rstrip("/") + _DISCOVERY)
        if document["issuer"] != self._issuer:
            raise ValueError("its discovery document names another issuer")
        return str(document["jwks_uri"])

    async def _get(self, url: str) -> Json:
        async with self._session.get(url, timeout=_TIMEOUT, allow_redirects=False, raise_for_status=True) as response:
            body = await response.content.read(LARGEST_DOCUMENT)
        document: Json = orjson.loads(body)
        return document


def _pick(keys: Sequence[Json], key_id: str | None) -> Json | None:
    if key_id is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == key_id), None)


def _parsed(key: Json, algorithm: str) -> PyJWK | None:
    """Read a key for the algorithm that a token names; None where it isn't a key for that."""
    if key.get("alg", algorithm) != algorithm:
        return None
    try:
        return PyJWK(dict(key), algorithm)
    except (PyJWTError, ValueError):
        return None
