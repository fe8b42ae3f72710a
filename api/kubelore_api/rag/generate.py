"""Gives the answer: the chat model's, or the one that needs no model."""

from dataclasses import dataclass, replace
from typing import Any

from kubelore.llm.interface import ChatCompletion, ChatModel, ChatRequest, ChatStream, Json
from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.budget import Budget
from kubelore_api.rag.cite import CitationFilter, Source
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.phrases import Phrases
from kubelore_api.rag.prompt import fallback_answer, write_prompt
from kubelore_api.rag.quote import quote

_TOKEN_LIMITS = ("max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Grounding:
    """What an answer stands on: the conversation, and what was found; `searched` is the question as it was asked.

    It is whole unless a stage was away that would have found better.
    """

    conversation: Conversation
    searched: str
    sources: tuple[Source, ...]
    phrases: Phrases
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a model read and wrote."""

    prompt: int = 0
    completion: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `completion` is the model's response where a model gave it, with its citations checked."""

    text: str
    sources: tuple[Source, ...]
    unknown_citations: int = 0
    completion: ChatCompletion | None = None

    @property
    def tokens(self) -> Tokens:
        """What the model says that it took; nothing where none wrote it."""
        usage = (self.completion.payload.get("usage") or {}) if self.completion else {}
        return Tokens(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)


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
        completion, unknown = _checked(await self.model.complete(self.request), len(self.sources))
        return Answer(completion.text, self.sources, unknown, completion)

    async def stream(self) -> ChatStream:
        """Let the model begin; the citations in its stream are still to be checked."""
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
    parameters = {**_defaults(chat, parameters), **parameters}
    budget = Budget(model.context_length, _answer_tokens(parameters))
    prompt = write_prompt(chat, grounding.phrases, grounding.conversation, grounding.sources, budget)
    messages = [message.as_json() for message in prompt.messages]
    return ModelAnswer(model, ChatRequest(messages, parameters), prompt.sources)


def _defaults(chat: Chat, parameters: Json) -> Json:
    limit = {} if set(_TOKEN_LIMITS) & parameters.keys() else {"max_tokens": chat.max_tokens}
    return {"temperature": chat.temperature, **limit}


def _answer_tokens(parameters: Json) -> int:
    """Return the limit that the model will be given; what is no number is the model's to refuse."""
    limits = [parameters[name] for name in _TOKEN_LIMITS if isinstance(parameters.get(name), int)]
    return max(limits, default=0)


def _checked(completion: ChatCompletion, sources: int) -> tuple[ChatCompletion, int]:
    citations = CitationFilter(sources)
    choices = [_checked_choice(choice, citations) for choice in completion.payload["choices"]]
    text = choices[0]["message"].get("content") or ""
    return replace(completion, text=text, payload={**completion.payload, "choices": choices}), citations.unknown


def _checked_choice(choice: Json, citations: CitationFilter) -> dict[str, Any]:
    message = choice["message"]
    content = message.get("content")
    if not isinstance(content, str):
        return dict(choice)
    return {**choice, "message": {**message, "content": citations.feed(content) + citations.rest()}}
