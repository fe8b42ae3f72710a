"""A request for a chat completion, as far as the gateway reads it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kubelore.errors import ErrorCode
from kubelore_api.errors import RequestError
from kubelore_api.rag.conversation import Conversation, Message, split
from kubelore_api.routes.retrieval_options import RetrievalOptions

_TEXT = "text"


class Part(BaseModel):
    """A piece of a message; a knowledge base reads texts alone."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(max_length=64)
    text: str | None = None


def _as_parts(content: object) -> object:
    if content is None:
        return []
    return [{"type": _TEXT, "text": content}] if isinstance(content, str) else content


Content = Annotated[list[Part], BeforeValidator(_as_parts, json_schema_input_type=str | list[Part] | None)]
"""A text or pieces of one; one validator for both, so that an error names the parameter alone."""


class Turn(BaseModel):
    """A message of the conversation; what else it holds, such as tool calls, goes to the model as it is."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = []

    def as_message(self, parameter: str) -> Message:
        """Join the pieces; raises RequestError for one that is no text."""
        for index, part in enumerate(self.content):
            if part.type != _TEXT or part.text is None:
                found = f"a knowledge base reads texts, not {part.type}"
                raise RequestError(ErrorCode.REQUEST_INVALID, f"{parameter}.content.{index}.type", found)
        return Message(self.role, "\n".join(part.text or "" for part in self.content), self.model_extra or {})


class StreamOptions(BaseModel):
    """What a stream holds beside the answer."""

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A conversation; every parameter that isn't named here goes to the chat model as it is."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {"model": "handbook", "messages": [{"role": "user", "content": "When does the office open?"}]}
        },
    )

    model: str = Field(
        max_length=400, description="A knowledge base, or an LLMServer to chat with: `name`, or `namespace/name`."
    )
    messages: list[Turn] = Field(min_length=1, max_length=512)
    stream: bool = False
    stream_options: StreamOptions | None = None
    retrieval: RetrievalOptions = Field(default=RetrievalOptions(), description="Kubelore's own: how it searches.")

    @property
    def conversation(self) -> Conversation:
        """The question and its history; raises RequestError where the user asked nothing."""
        conversation = split([turn.as_message(f"messages.{index}") for index, turn in enumerate(self.messages)])
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
