"""Keeps responses, so that a later one can go on from them."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from kubelore.llm.interface import Json
from kubelore_api.access.caller import Caller
from kubelore_api.rag.conversation import Message

MOST_RESPONSES = 1000
MOST_TURNS = 100
"""Of a conversation: older turns are forgotten, as no prompt has room for them."""


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response as its client got it, and the conversation up to and with it."""

    payload: Json
    turns: tuple[Message, ...]


class ResponseStore(Protocol):
    """Responses by their ids; a caller finds those of its own, and no other's."""

    async def put(self, caller: Caller, response_id: str, response: StoredResponse) -> None:
        """Keep a response."""
        ...

    async def get(self, caller: Caller, response_id: str) -> StoredResponse | None:
        """Return a response, or None where the caller has none of this id."""
        ...

    async def delete(self, caller: Caller, response_id: str) -> bool:
        """Forget a response, and say whether there was one."""
        ...


class RecentResponses:
    """Keeps the latest responses in this process: another replica does not know them, and nor does a restarted one."""

    def __init__(self, most: int = MOST_RESPONSES) -> None:
        """Keep at most so many, of all callers together."""
        self._most = most
        self._responses: OrderedDict[tuple[Caller, str], StoredResponse] = OrderedDict()

    async def put(self, caller: Caller, response_id: str, response: StoredResponse) -> None:
        """Keep a response in place of the oldest one."""
        kept = StoredResponse(response.payload, response.turns[-MOST_TURNS:])
        self._responses[caller, response_id] = kept
        while len(self._responses) > self._most:
            self._responses.popitem(last=False)

    async def get(self, caller: Caller, response_id: str) -> StoredResponse | None:
        """Return a response, or None where the caller has none of this id."""
        return self._responses.get((caller, response_id))

    async def delete(self, caller: Caller, response_id: str) -> bool:
        """Forget a response, and say whether there was one."""
        return self._responses.pop((caller, response_id), None) is not None
