"""Writes what the chat model is told."""

from collections.abc import Sequence

from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.cite import Source
from kubelore_api.rag.phrases import Phrases
from kubelore_api.rag.rewrite import Message

_FALLBACK = "{fallback}"
_CONTEXT = "{context}"
_QUESTION = "{question}"


def fallback_answer(chat: Chat, phrases: Phrases) -> str:
    """Return what is said when the sources hold no answer."""
    return chat.fallback_answer or phrases.fallback_answer


def messages(
    chat: Chat, phrases: Phrases, history: Sequence[Message], question: str, sources: Sequence[Source]
) -> list[Message]:
    """Return the conversation for the model: the rules, what was said before, and the question with its sources.

    Rules of the client's own come after the knowledge base's, so that they can add to them.
    """
    system = (chat.system_prompt or phrases.system_prompt).replace(_FALLBACK, fallback_answer(chat, phrases))
    template = chat.prompt_template or phrases.prompt_template
    return [
        Message("system", system),
        *history,
        Message("user", _fill(template, context=_context(sources), question=question)),
    ]


def _fill(template: str, *, context: str, question: str) -> str:
    """Fill the template part by part: what is put in is never searched for places itself."""
    before, _, after = template.partition(_CONTEXT)
    return before.replace(_QUESTION, question) + context + after.replace(_QUESTION, question)


def _context(sources: Sequence[Source]) -> str:
    return "\n\n".join(f"[{source.number}] {_origin(source)}\n{source.text}" for source in sources)


def _origin(source: Source) -> str:
    return " > ".join(part for part in (source.title or source.document, source.heading_path) if part)
