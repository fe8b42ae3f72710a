"""The interface a chat model implements, in the words of OpenAI's chat completions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = Mapping[str, Any]
"""A JSON object that passes through: the provider's, or the client's own."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Messages, and the parameters of `/chat/completions` that go to the model as they are."""

    messages: Sequence[Json]
    parameters: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatCompletion:
    """A whole answer: `text` is the first choice's, `payload` the response it came in."""

    text: str
    payload: Json


class ChatStream(Protocol):
    """An answer as it grows: the bytes of a server-sent event stream that ends with `data: [DONE]`."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield bytes as they arrive; raises CHAT_UNREACHABLE where the model falls silent or breaks off."""
        ...

    async def aclose(self) -> None:
        """Hang up: the model stops generating."""
        ...


class ChatModel(Protocol):
    """Answers conversations.

    Every method raises KubeloreError CHAT_UNREACHABLE (a retry may help) or CHAT_REFUSED.
    """

    @property
    def context_length(self) -> int:
        """The most tokens of a conversation with its answer."""
        ...

    async def complete(self, request: ChatRequest) -> ChatCompletion:
        """Return the whole answer."""
        ...

    async def stream(self, request: ChatRequest) -> ChatStream:
        """Return the answer's stream, once the model has accepted the request."""
        ...
