"""Remembers what was made of knowledge bases' rows for as long as those rows stay as they are."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_api.cache.interface import Cache
from kubelore_api.cache.revisions import Revision, Revisions
from kubelore_api.cache.single_flight import SingleFlight
from kubelore_api.threads import Threads

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: which knowledge bases' rows it stands on, and everything else that it depends on."""

    knowledge_bases: Sequence[KnowledgeBase]
    identity: str


@dataclass(frozen=True, slots=True)
class Made(Generic[V]):
    """A value, and whether the next one who asks may get it as well."""

    value: V
    may_be_kept: bool


class Codec(Protocol[V]):
    """How a value lies in a cache."""

    def pack(self, value: V) -> bytes:
        """Write a value."""
        ...

    def unpack(self, packed: bytes) -> V | None:
        """Read a value; None for what can't be one, another program's for instance."""
        ...


@dataclass(frozen=True, slots=True)
class _Look:
    key: str
    revision: Revision
    packed: bytes | None


class FreshValues(Generic[V]):
    """Values in a cache, under the revision of the rows they were made of: a change makes the old ones unreachable.

    Of several who ask for the same at once, one has it made, and the others wait for that. Where the revision can't be
    told, or the cache is away, each has it made.
    """

    def __init__(
        self,
        *,
        cache: Cache,
        seconds: int,
        revisions: Revisions,
        codec: Codec[V],
        threads: Threads,
        note: Callable[[str], None],
    ) -> None:
        """Keep values for so many seconds at most; `note` is told `hit` or `miss`."""
        self._cache = cache
        self._seconds = seconds
        self._revisions = revisions
        self._codec = codec
        self._threads = threads
        self._note = note
        self._making = SingleFlight[V]()

    async def find(self, request: Request) -> V | None:
        """Return what is remembered."""
        return self._value(await self._threads.run(self._look, request))

    async def find_or_make(self, request: Request, make: Callable[[], Awaitable[Made[V]]]) -> V:
        """Return what is remembered, or have it made; raises as `make` does, and remembers no failure."""
        look = await self._threads.run(self._look, request)
        value = self._value(look)
        if value is not None:
            return value
        if look is None:
            return (await make()).value
        return await self._making.run(look.key, lambda: self._made(look, make))

    def _look(self, request: Request) -> _Look | None:
        revision = self._revisions.of(request.knowledge_bases)
        if revision is None:
            return None
        digest = hashlib.sha256(f"{revision.word}\0{request.identity}".encode("utf-8", "surrogatepass"))
        key = f"{type(self._codec).__name__}:{digest.hexdigest()}"
        return _Look(key, revision, self._cache.get(key))

    def _value(self, look: _Look | None) -> V | None:
        value = self._codec.unpack(look.packed) if look is not None and look.packed is not None else None
        self._note("miss" if value is None else "hit")
        return value

    async def _made(self, look: _Look, make: Callable[[], Awaitable[Made[V]]]) -> V:
        made = await make()
        if made.may_be_kept and look.revision.is_settled:
            await self._threads.run(self._cache.put, look.key, self._codec.pack(made.value), self._seconds)
        return made.value
