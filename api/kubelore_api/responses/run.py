"""Makes one response: an event at each step, the last of which carries it whole."""

import uuid
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from kubelore.clock import now
from kubelore.llm.interface import ChatModel, ChatRequest, Json
from kubelore.resources.knowledge_base import Chat
from kubelore_api.rag.cite import CitationFilter
from kubelore_api.rag.conversation import Conversation, Message
from kubelore_api.rag.deltas import TextStream
from kubelore_api.rag.generate import Grounding, ModelAnswer, ReadyAnswer, plan_answer
from kubelore_api.rag.pipeline import Rag
from kubelore_api.rag.retrieve import Scope
from kubelore_api.responses import objects

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked, of which model, and over which knowledge bases; over none, the model answers by itself.

    `echo` are the fields of the request that the response repeats.
    """

    conversation: Conversation
    scopes: Sequence[Scope]
    chat: Chat
    model: ChatModel | None
    model_name: str
    parameters: Json
    echo: Json
    show_results: bool = False


@dataclass(slots=True)
class ResponseRun:
    """One response while it is made; `response` is whole once `events` has ended."""

    rag: Rag
    inquiry: Inquiry
    response: dict[str, Any] = field(default_factory=dict)
    _output: list[dict[str, Any]] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)
    _usage: Json = field(default_factory=dict)
    _finish_reason: str | None = None
    _events: int = 0

    @property
    def text(self) -> str:
        """The answer as far as it is written."""
        return "".join(self._told)

    @property
    def is_finished(self) -> bool:
        """Whether the response is whole."""
        return self.response.get("status") in {"completed", "incomplete"}

    async def events(self) -> AsyncGenerator[Event]:
        """Yield the events in their order; raises KubeloreError as searching and the model do."""
        head = objects.Head(_new_id("resp"), int(now().timestamp()), self.inquiry.model_name, self.inquiry.echo)
        self.response = head.response("in_progress")
        yield self._event("response.created", response=self.response)
        yield self._event("response.in_progress", response=self.response)
        plan: ReadyAnswer | ModelAnswer = _without_sources(self.inquiry)
        if self.inquiry.scopes:
            call = _new_id("fs")
            for event in self._search_begins(call):
                yield event
            grounding = await self.rag.ground(self.inquiry.scopes, self.inquiry.conversation, self.inquiry.model)
            for event in self._search_ends(call, grounding):
                yield event
            plan = plan_answer(self.inquiry.chat, self.inquiry.model, grounding, self.inquiry.parameters)
        async with aclosing(self._message(plan)) as events:
            async for event in events:
                yield event
        self.response = head.finished(self._output, objects.usage_object(self._usage), self._finish_reason)
        yield self._event(f"response.{self.response['status']}", response=self.response)

    def failed(self, message: str) -> Event:
        """Return the event that ends the response where `events` raised an error."""
        error = {"code": "server_error", "message": message}
        self.response = {**self.response, "status": "failed", "error": error, "output": self._output}
        return self._event("response.failed", response=self.response)

    def _search_begins(self, call: str) -> Iterator[Event]:
        yield self._item_event("added", objects.search_call(call, "in_progress", (), None))
        yield self._event("response.file_search_call.in_progress", item_id=call, output_index=len(self._output))
        yield self._event("response.file_search_call.searching", item_id=call, output_index=len(self._output))

    def _search_ends(self, call: str, grounding: Grounding) -> Iterator[Event]:
        results = objects.search_results(grounding.sources) if self.inquiry.show_results else None
        yield self._event("response.file_search_call.completed", item_id=call, output_index=len(self._output))
        yield from self._item_done(objects.search_call(call, "completed", [grounding.searched], results))

    async def _message(self, plan: ReadyAnswer | ModelAnswer) -> AsyncGenerator[Event]:
        item = _new_id("msg")
        place = {"item_id": item, "output_index": len(self._output), "content_index": 0}
        yield self._item_event("added", objects.message(item, "in_progress", ()))
        yield self._event("response.content_part.added", **place, part=objects.output_text("", ()))
        async with aclosing(self._pieces(plan)) as pieces:
            async for piece in pieces:
                self._told.append(piece)
                yield self._event("response.output_text.delta", **place, delta=piece, logprobs=[])
        citations = objects.annotations(self.text, plan.sources)
        for index, citation in enumerate(citations):
            added = {"annotation_index": index, "annotation": citation}
            yield self._event("response.output_text.annotation.added", **place, **added)
        part = objects.output_text(self.text, citations)
        yield self._event("response.output_text.done", **place, text=self.text, logprobs=[])
        yield self._event("response.content_part.done", **place, part=part)
        for event in self._item_done(objects.message(item, "completed", [part])):
            yield event

    async def _pieces(self, plan: ReadyAnswer | ModelAnswer) -> AsyncGenerator[str]:
        if isinstance(plan, ReadyAnswer):
            yield plan.text
            return
        citations = CitationFilter(len(plan.sources)) if plan.sources else None
        stream = await plan.stream()
        try:
            text = TextStream(stream, citations)
            async for piece in text:
                yield piece
            self._usage, self._finish_reason = text.usage, text.finish_reason
        finally:
            await stream.aclose()
            self.rag.metrics.unknown_citations.inc(citations.unknown if citations else 0)

    def _item_done(self, item: dict[str, Any]) -> Iterator[Event]:
        yield self._item_event("done", item)
        self._output.append(item)

    def _item_event(self, what: str, item: dict[str, Any]) -> Event:
        return self._event(f"response.output_item.{what}", output_index=len(self._output), item=item)

    def _event(self, kind: str, **fields: Any) -> Event:
        self._events += 1
        return {"type": kind, "sequence_number": self._events - 1, **fields}


def _without_sources(inquiry: Inquiry) -> ReadyAnswer | ModelAnswer:
    """Plan the answer that the model gives by itself."""
    if inquiry.model is None:
        return ReadyAnswer("", ())
    conversation = inquiry.conversation
    turns = (*conversation.history, Message("user", conversation.question), *conversation.after)
    return ModelAnswer(inquiry.model, ChatRequest([turn.as_json() for turn in turns], inquiry.parameters), ())


def _new_id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex}"
