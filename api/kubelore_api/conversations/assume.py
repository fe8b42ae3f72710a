"""Makes of an assistant's knowledge bases what a question is answered over."""

from collections.abc import Sequence
from dataclasses import replace

from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_api.access.caller import Caller
from kubelore_api.conversations.assistants import Assistant
from kubelore_api.rag.retrieve import Scope
from kubelore_api.rag.tuning import Tuning


def assume(assistant: Assistant, bases: Sequence[KnowledgeBase], caller: Caller, tuning: Tuning) -> Scope:
    """Return the scope of a question to an assistant; what the request tunes comes before what the assistant says."""
    first, *others = bases
    threshold = assistant.score_threshold if tuning.score_threshold is None else tuning.score_threshold
    return Scope(
        knowledge_base=_speaking_as(assistant, first),
        caller=caller,
        tuning=replace(tuning, top_k=tuning.top_k or assistant.top_k, score_threshold=threshold),
        others=tuple(others),
    )


def _speaking_as(assistant: Assistant, kb: KnowledgeBase) -> KnowledgeBase:
    own = assistant.model_dump(include={"system_prompt", "temperature", "max_tokens"}, exclude_none=True)
    spec = kb.spec.model_copy(update={"chat": kb.spec.chat.model_copy(update=own)})
    return kb.model_copy(update={"spec": spec})
