"""OpenAI's chat completions, with a knowledge base for a model."""

import time
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kubelore.errors import ErrorCode
from kubelore_api.errors import RequestError
from kubelore_api.rag.cite_events import CitationCheck
from kubelore_api.rag.conversation import Conversation, Message, split
from kubelore_api.rag.generate import ModelAnswer
from kubelore_api.rag.retrieve import Scope
from kubelore_api.routes.completion_objects import Head
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.event_stream import EVENT_STREAM, HEADERS, ModelEvents, Stopwatch
from kubelore_api.routes.retrieval_options import RetrievalOptions
from kubelore_api.services import Services
from kubelore_api.sse import DONE, event

router = APIRouter(prefix="/v1/chat/completions", tags=["chat"])


class TextPart(BaseModel):
    """A piece of a message."""

    type: Literal["text"]
    text: str


def _as_parts(content: object) -> object:
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


Content = Annotated[list[TextPart], BeforeValidator(_as_parts, json_schema_input_type=str | list[TextPart] | None)]
"""A text or pieces of one; one validator for both, so that an error names the parameter alone."""


class Turn(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Content = []

    def as_message(self) -> Message:
        """Join the pieces; what else there is, such as tool calls, goes to the model as it is."""
        return Message(self.role, "\n".join(part.text for part in self.content), self.model_extra or {})


class StreamOptions(BaseModel):
    """What a stream holds beside the answer."""

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A conversation; every parameter that isn't named here goes to the chat model as it is."""

    model_config = ConfigDict(extra="allow")

    model: str = Field(description="A knowledge base: `name`, or `namespace/name`.")
    messages: list[Turn] = Field(min_length=1, max_length=512)
    stream: bool = False
    stream_options: StreamOptions | None = None
    retrieval: RetrievalOptions = Field(default=RetrievalOptions(), description="Kubelore's own: how it searches.")

    @property
    def conversation(self) -> Conversation:
        """The question and its history; raises RequestError where the user asked nothing."""
        conversation = split([turn.as_message() for turn in self.messages])
        if conversation is None:
            raise RequestError(ErrorCode.REQUEST_INVALID, "messages", "none of them is a question of the user's")
        return conversation

    @property
    def parameters(self) -> dict[str, Any]:
        """What goes to the chat model as it is."""
        own = {"stream_options": self.stream_options.model_dump()} if self.stream and self.stream_options else {}
        return {**(self.model_extra or {}), **own}

    @property
    def wants_usage(self) -> bool:
        """Whether the stream ends with what the answer cost."""
        return self.stream_options is not None and self.stream_options.include_usage


@router.post("", response_model=None)
async def create_chat_completion(
    http: Request, request: CompletionRequest, services: ServicesOf, caller: CallerOf
) -> Response:
    """Answer the user's last message from the knowledge base's documents."""
    conversation = request.conversation
    kb = await services.catalog.find_ready(request.model, "model")
    scope = Scope(kb, caller, tuning=request.retrieval.tuning())
    if request.stream:
        return await unless_client_leaves(http, _streamed(request, services, scope, conversation))
    answer = await unless_client_leaves(http, services.rag.answer(scope, conversation, request.parameters))
    return Response(orjson.dumps(Head(request.model).completion(answer)), media_type="application/json")


async def _streamed(
    request: CompletionRequest, services: Services, scope: Scope, conversation: Conversation
) -> Response:
    stopwatch = Stopwatch(services.metrics, time.perf_counter())
    head = Head(request.model)
    plan = await services.rag.plan(scope, conversation, request.parameters)
    sources = event(head.sources_chunk(plan.sources))
    if isinstance(plan, ModelAnswer):
        return ModelEvents(await plan.stream(), CitationCheck(len(plan.sources)), sources, stopwatch)
    stopwatch.end()
    chunks = map(event, head.ready_chunks(plan.text, with_usage=request.wants_usage))
    return Response(b"".join([*chunks, sources, DONE]), media_type=EVENT_STREAM, headers=HEADERS)
