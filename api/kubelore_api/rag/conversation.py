"""A conversation, and the question in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kubelore.llm.interface import Json


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, as text; `more` are its other fields, such as tool calls, which pass through."""

    role: str
    content: str
    more: Json = field(default_factory=dict)

    def as_json(self) -> Mapping[str, object]:
        """Write it as chat models read it."""
        return {"role": self.role, "content": self.content, **self.more}


@dataclass(frozen=True, slots=True)
class Conversation:
    """A question, what was said before it, and what followed it: tools that the model called, and their results."""

    question: str
    history: tuple[Message, ...] = ()
    after: tuple[Message, ...] = ()

    @property
    def has_history(self) -> bool:
        """Whether anything was said before that the question may lean on; rules alone are not."""
        return any(message.role in {"user", "assistant"} for message in self.history)


def split(turns: Sequence[Message]) -> Conversation | None:
    """Take the user's last turn as the question; None where the user asked nothing."""
    last = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=None)
    if last is None or not turns[last].content.strip():
        return None
    return Conversation(turns[last].content.strip(), tuple(turns[:last]), tuple(turns[last + 1 :]))
