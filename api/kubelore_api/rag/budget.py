"""Keeps a prompt within what its model reads: the weakest sources go first, and the oldest turns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubelore.embedding.token_estimate import EstimatedTokenCounter
from kubelore_api.rag.cite import Source
from kubelore_api.rag.conversation import Message

TURN_TOKENS = 8
"""What a chat template writes around a turn."""

_count = EstimatedTokenCounter().count


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens of a conversation: all that the model reads and writes, and the part that its answer may take."""

    context: int
    answer: int

    def room(self, *fixed: str) -> int:
        """Return what is left beside the answer and these texts, by an estimate that is rather too high."""
        return max(0, self.context - self.answer - sum(TURN_TOKENS + _count(text) for text in fixed))


def recent(history: Sequence[Message], room: int) -> list[Message]:
    """Return the latest turns that fit; rules (`system`, `developer`) stay in any case."""
    kept: list[Message] = []
    for message in reversed(history):
        is_rule = message.role in {"system", "developer"}
        room -= tokens_of([message])
        if is_rule or room >= 0:
            kept.append(message)
    return kept[::-1]


def strongest(sources: Sequence[Source], room: int, write: Callable[[Source], str]) -> tuple[Source, ...]:
    """Return the sources that fit, which come best first; the best one stays in any case."""
    kept: list[Source] = []
    for source in sources:
        room -= _count(write(source))
        if kept and room < 0:
            break
        kept.append(source)
    return tuple(kept)


def tokens_of(messages: Sequence[Message]) -> int:
    """Estimate the tokens of some turns."""
    return sum(TURN_TOKENS + _count(message.content) for message in messages)
