"""Finds the question that is searched for in a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, as text."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A question, and what was said before it."""

    question: str
    history: tuple[Message, ...] = ()


def split(turns: Sequence[Message]) -> Conversation | None:
    """Take the user's last turn as the question; None where the user asked nothing."""
    last = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=None)
    if last is None or not turns[last].content.strip():
        return None
    return Conversation(turns[last].content.strip(), (*turns[:last], *turns[last + 1 :]))
