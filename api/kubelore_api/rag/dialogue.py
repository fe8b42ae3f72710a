"""A conversation that goes on, in memory, over one knowledge base."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from kubelore_api.rag.cite import CitationFilter, Source
from kubelore_api.rag.conversation import Conversation, Message
from kubelore_api.rag.deltas import TextStream
from kubelore_api.rag.generate import ModelAnswer, ReadyAnswer
from kubelore_api.rag.pipeline import Rag
from kubelore_api.rag.retrieve import Scope

MOST_TURNS = 20


class Dialogue:
    """Remembers the latest turns; `sources` are those of the answer that is being given, or was given last."""

    def __init__(self, rag: Rag, scope: Scope) -> None:
        """Begin with nothing said."""
        self._rag = rag
        self._scope = scope
        self._turns: tuple[Message, ...] = ()
        self.sources: tuple[Source, ...] = ()

    def reset(self) -> None:
        """Forget what was said."""
        self._turns = ()

    async def ask(self, question: str) -> AsyncGenerator[str]:
        """Yield the answer as it grows, and remember it when it is whole; raises KubeloreError as the stages do."""
        plan = await self._rag.plan(self._scope, Conversation(question, self._turns), {})
        self.sources = plan.sources
        told: list[str] = []
        with self._rag.metrics.rag_seconds.time():
            async with aclosing(self._pieces(plan)) as pieces:
                async for piece in pieces:
                    told.append(piece)
                    yield piece
        turns = (*self._turns, Message("user", question), Message("assistant", "".join(told)))
        self._turns = turns[-MOST_TURNS:]

    async def _pieces(self, plan: ReadyAnswer | ModelAnswer) -> AsyncGenerator[str]:
        if isinstance(plan, ReadyAnswer):
            yield plan.text
            return
        citations = CitationFilter(len(plan.sources))
        stream = await plan.stream()
        try:
            async for piece in TextStream(stream, citations):
                yield piece
        finally:
            await stream.aclose()
            self._rag.metrics.unknown_citations.inc(citations.unknown)
