"""Gives the answer: the chat model's, or the one that needs no model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from kubelore.llm.interface import ChatCompletion, ChatModel, ChatRequest, ChatStream, Json
from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.cite import Source, keep_known_citations
from kubelore_api.rag.phrases import Phrases
from kubelore_api.rag.prompt import fallback_answer, messages
from kubelore_api.rag.quote import quote
from kubelore_api.rag.rewrite import Message

_TOKEN_LIMITS = frozenset({"max_tokens", "max_completion_tokens"})


@dataclass(frozen=True, slots=True)
class Grounding:
    """What an answer stands on: the question, what was said before it, and what was found for it."""

    question: str
    history: Sequence[Message]
    sources: tuple[Source, ...]
    phrases: Phrases


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `completion` is the model's response where a model gave it."""

    text: str
    sources: tuple[Source, ...]
    unknown_citations: int = 0
    completion: ChatCompletion | None = None


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """An answer that needs no model."""

    text: str
    sources: tuple[Source, ...]

    async def complete(self) -> Answer:
        """Return it."""
        return Answer(self.text, self.sources)


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """An answer that the chat model will write."""

    model: ChatModel
    request: ChatRequest
    sources: tuple[Source, ...]

    async def complete(self) -> Answer:
        """Let the model write all of it."""
        completion = await self.model.complete(self.request)
        text, unknown = keep_known_citations(completion.text, len(self.sources))
        return Answer(text, self.sources, unknown, completion)

    async def stream(self) -> ChatStream:
        """Let the model begin."""
        return await self.model.stream(self.request)


def plan_answer(
    chat: Chat, model: ChatModel | None, grounding: Grounding, parameters: Json
) -> ReadyAnswer | ModelAnswer:
    """Decide who answers.

    Where nothing was found, the answer is the fallback and the model isn't asked. Without a model the best passages
    are quoted.
    """
    if not grounding.sources:
        return ReadyAnswer(fallback_answer(chat, grounding.phrases), ())
    if model is None:
        return ReadyAnswer(quote(grounding.phrases, grounding.sources), grounding.sources)
    return ModelAnswer(model, _request(chat, grounding, parameters), grounding.sources)


def _request(chat: Chat, grounding: Grounding, parameters: Json) -> ChatRequest:
    conversation = messages(chat, grounding.phrases, grounding.history, grounding.question, grounding.sources)
    return ChatRequest(
        messages=[asdict(message) for message in conversation], parameters={**_defaults(chat, parameters), **parameters}
    )


def _defaults(chat: Chat, parameters: Json) -> Json:
    limit = {} if _TOKEN_LIMITS & parameters.keys() else {"max_tokens": chat.max_tokens}
    return {"temperature": chat.temperature, **limit}
