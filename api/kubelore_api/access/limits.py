"""How much a caller may ask for within a time, and at once."""

import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from kubelore.settings import Settings
from kubelore_api.access.caller import Caller
from kubelore_api.errors import RateLimitedError

_log = logging.getLogger(__name__)

_SECONDS_FOR_REDIS = 0.25
_SECONDS_UNTIL_A_STREAM_ENDS = 5
"""A guess: nobody knows when one of the others will."""


@dataclass(frozen=True, slots=True)
class _Window:
    """So many a minute; 0 is any number."""

    what: str
    most: int

    @property
    def item(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self.most, namespace="kubelore")


class Limits:
    """Counts requests by address and by user, tokens by user, and answers under way by user.

    An API key is a user of its own. Windows are shared by all gateways where there is a Redis; while it is away, each
    counts for itself. Answers under way are counted by each.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet."""
        self._by_address = _Window("requests a minute from one address", settings.requests_per_minute_per_address)
        self._by_user = _Window("requests a minute", settings.requests_per_minute)
        self._tokens = _Window("tokens a minute", settings.tokens_per_minute)
        self._most_at_once = settings.concurrent_requests
        self._at_once: Counter[str] = Counter()
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared = _shared(settings)

    async def admit_address(self, address: str) -> None:
        """Count a request; raises RateLimitedError where it is one too many."""
        await self._hit(self._by_address, address)

    async def admit(self, caller: Caller, address: str) -> None:
        """Count a caller's request; raises RateLimitedError for too many, or after too many tokens."""
        await self._hit(self._by_user, _name(caller, address))
        if self._tokens.most and not await self._ask(self._tokens, _name(caller, address)):
            raise await self._refusal(self._tokens, _name(caller, address))

    async def charge(self, caller: Caller, address: str, tokens: int) -> None:
        """Count the tokens that an answer took."""
        if self._tokens.most and tokens:
            await self._count(self._tokens, _name(caller, address), tokens)

    @contextmanager
    def at_once(self, caller: Caller, address: str) -> Iterator[None]:
        """Count a request for as long as it is answered; raises RateLimitedError where it is one too many."""
        name = _name(caller, address)
        if self._most_at_once and self._at_once[name] >= self._most_at_once:
            raise RateLimitedError(f"{self._most_at_once} requests at once", _SECONDS_UNTIL_A_STREAM_ENDS)
        self._at_once[name] += 1
        try:
            yield
        finally:
            self._at_once[name] -= 1
            if not self._at_once[name]:
                del self._at_once[name]

    async def _hit(self, window: _Window, name: str) -> None:
        if window.most and not await self._count(window, name, 1):
            raise await self._refusal(window, name)

    async def _count(self, window: _Window, name: str, cost: int) -> bool:
        if self._shared is not None:
            try:
                return await self._shared.hit(window.item, window.what, name, cost=cost)
            except StorageError as error:
                _log.warning("Counting %s without Redis: %s", window.what, type(error.storage_error).__name__)
        return await self._local.hit(window.item, window.what, name, cost=cost)

    async def _ask(self, window: _Window, name: str) -> bool:
        if self._shared is not None:
            try:
                return await self._shared.test(window.item, window.what, name)
            except StorageError as error:
                _log.warning("Counting %s without Redis: %s", window.what, type(error.storage_error).__name__)
        return await self._local.test(window.item, window.what, name)

    async def _refusal(self, window: _Window, name: str) -> RateLimitedError:
        limiter = self._shared or self._local
        try:
            reset = (await limiter.get_window_stats(window.item, window.what, name)).reset_time
        except StorageError:
            reset = time.time() + window.item.get_expiry()
        return RateLimitedError(f"{window.most} {window.what}", max(1, math.ceil(reset - time.time())))


def _name(caller: Caller, address: str) -> str:
    """Name a user; callers without a name are told apart by their addresses."""
    return f"{caller.tenant}/{caller.subject}" if caller.subject else f"{caller.tenant}//{address}"


def _shared(settings: Settings) -> FixedWindowRateLimiter | None:
    url = settings.redis.get_secret_value()
    if not url:
        return None
    storage: Storage = RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="kubelore:limits",
        socket_timeout=_SECONDS_FOR_REDIS,
        socket_connect_timeout=_SECONDS_FOR_REDIS,
    )
    return FixedWindowRateLimiter(storage)
