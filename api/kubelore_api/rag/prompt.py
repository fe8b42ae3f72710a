"""Writes what the chat model is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.budget import Budget, recent, strongest, tokens_of
from kubelore_api.rag.cite import Source
from kubelore_api.rag.conversation import Conversation, Message
from kubelore_api.rag.phrases import Phrases

_FALLBACK = "{fallback}"
_CONTEXT = "{context}"
_QUESTION = "{question}"

_HISTORY_SHARE = 0.5
"""Of the room beside rules and question: what was said before must not push the sources out."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is told, and the sources that found a place in it."""

    messages: tuple[Message, ...]
    sources: tuple[Source, ...]


def fallback_answer(chat: Chat, phrases: Phrases) -> str:
    """Return what is said when the sources hold no answer."""
    return chat.fallback_answer or phrases.fallback_answer


def write_prompt(
    chat: Chat, phrases: Phrases, conversation: Conversation, sources: Sequence[Source], budget: Budget
) -> Prompt:
    """Write the rules, what was said before, and the question with its sources, within the budget.

    Rules of the client's own come after the knowledge base's, so that they can add to them.
    """
    system = (chat.system_prompt or phrases.system_prompt).replace(_FALLBACK, fallback_answer(chat, phrases))
    template = chat.prompt_template or phrases.prompt_template
    room = budget.room(system, template, conversation.question) - tokens_of(conversation.after)
    history = recent(conversation.history, int(room * _HISTORY_SHARE))
    given = strongest(sources, room - tokens_of(history), _entry)
    question = _fill(template, context=_context(given), question=conversation.question)
    return Prompt((Message("system", system), *history, Message("user", question), *conversation.after), given)


def _fill(template: str, *, context: str, question: str) -> str:
    """Fill the template part by part: what is put in is never searched for places itself."""
    before, _, after = template.partition(_CONTEXT)
    return before.replace(_QUESTION, question) + context + after.replace(_QUESTION, question)


def _context(sources: Sequence[Source]) -> str:
    return "\n\n".join(map(_entry, sources))


def _entry(source: Source) -> str:
    return f"[{source.number}] {_origin(source)}\n{source.text}"


def _origin(source: Source) -> str:
    return " > ".join(part for part in (source.title or source.document, source.heading_path) if part)
