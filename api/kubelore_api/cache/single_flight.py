"""Has what several ask for at the same time made once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(slots=True)
class _Flight(Generic[V]):
    task: "asyncio.Future[V]"
    waiting: int = field(default=0)


class SingleFlight(Generic[V]):
    """Values that are being made, by key; who asks for one of them waits for it, its error included.

    It goes on for as long as somebody waits: the first who asked may leave.
    """

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._flights: dict[str, _Flight[V]] = {}

    async def run(self, key: str, make: Callable[[], Awaitable[V]]) -> V:
        """Return what `make` makes, or what it is making already for another one."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(make()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._end(key, flight)

    def _end(self, key: str, flight: _Flight[V]) -> None:
        """Cancel what nobody waits for; what is done is not troubled by that."""
        flight.task.cancel()
        if self._flights.get(key) is flight:
            del self._flights[key]
