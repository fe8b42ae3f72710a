"""Makes a question that leans on what was said before stand by itself, so that it can be searched for."""

import asyncio
import logging

from kubelore.errors import KubeloreError
from kubelore.llm.interface import ChatModel, ChatRequest
from kubelore_api.rag.conversation import Conversation, Message
from kubelore_api.rag.language import language_of
from kubelore_api.rag.phrases import PHRASES

_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 20.0
"""The search waits for the rewriting; a model that takes longer costs more than it gains."""

_PARAMETERS = {"temperature": 0, "max_tokens": 256}
_MOST_TURNS = 6
_LONGEST_TURN = 1000
"""Characters: what a question leans on was said lately, and in few words."""

_LONGEST_QUESTION = 1000


class RewriteError(Exception):
    """The chat model gave no question; the cause says why."""


async def standalone_question(conversation: Conversation, model: ChatModel) -> str:
    """Return the question as one that needs no history, by the chat model; raises RewriteError."""
    request = ChatRequest([_message(conversation).as_json()], _PARAMETERS)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            completion = await model.complete(request)
    except (KubeloreError, TimeoutError) as error:
        raise RewriteError(str(error) or "it took too long") from error
    question = completion.text.strip()
    if not question or len(question) > _LONGEST_QUESTION:
        raise RewriteError("the model's answer is no question")
    return question


def _message(conversation: Conversation) -> Message:
    phrases = PHRASES[language_of(conversation.question)]
    return Message(
        "user",
        phrases.rewrite_instruction
        + f"\n\n<conversation>\n{_transcript(conversation)}\n</conversation>\n\n"
        + f"<question>\n{conversation.question}\n</question>",
    )


def _transcript(conversation: Conversation) -> str:
    turns = [turn for turn in conversation.history if turn.role in {"user", "assistant"}]
    return "\n".join(f"{turn.role}: {turn.content[:_LONGEST_TURN]}" for turn in turns[-_MOST_TURNS:])
