"""A request for a response, as far as the gateway reads it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kubelore.errors import ErrorCode
from kubelore.vectorstore.filters import Filter
from kubelore_api.errors import RequestError
from kubelore_api.rag.conversation import Conversation, Message, split
from kubelore_api.rag.retrieve import EVERYTHING
from kubelore_api.rag.tuning import Tuning
from kubelore_api.routes.attribute_filter import AttributeFilter, typed_filter
from kubelore_api.routes.retrieval_options import RankingOptions

INCLUDE_RESULTS = "file_search_call.results"
_ECHOED = (
    "instructions",
    "max_output_tokens",
    "metadata",
    "previous_response_id",
    "store",
    "temperature",
    "tools",
    "top_p",
)


class InputText(BaseModel):
    """A piece of a message."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["input_text", "output_text", "text"]
    text: str


def _as_parts(content: object) -> object:
    return [{"type": "input_text", "text": content}] if isinstance(content, str) else content


class InputMessage(BaseModel):
    """A turn of the conversation."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[InputText], BeforeValidator(_as_parts, json_schema_input_type=str | list[InputText])]

    def as_message(self) -> Message:
        """Join the pieces."""
        return Message(self.role, "\n".join(part.text for part in self.content))


def _as_messages(given: object) -> object:
    """Take a text for a user's message, and leave out what earlier answers hold beside their messages."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if isinstance(given, list):
        return [item for item in given if not (isinstance(item, dict) and item.get("type") == "file_search_call")]
    return given


class FileSearchTool(BaseModel):
    """A search in knowledge bases, made for every question."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["file_search"]
    vector_store_ids: list[Annotated[str, Field(min_length=1, max_length=400)]] = Field(min_length=1, max_length=8)
    max_num_results: int | None = Field(default=None, ge=1, le=50, description="Default: the knowledge base's.")
    filters: AttributeFilter | None = None
    ranking_options: RankingOptions | None = None

    @property
    def where(self) -> Filter:
        """The rows that are searched; raises RequestError FILTER_INVALID."""
        return typed_filter(self.filters) if self.filters else EVERYTHING

    def tuning(self) -> Tuning:
        """Return it as the stages read it."""
        ranking = self.ranking_options or RankingOptions()
        return Tuning(top_k=self.max_num_results, score_threshold=ranking.score_threshold, ef=ranking.ef)


class ResponseRequest(BaseModel):
    """A question, and where its answer is looked for; what isn't named here is taken and left aside."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "example": {
                "model": "writer",
                "input": "When does the office open?",
                "tools": [{"type": "file_search", "vector_store_ids": ["handbook"]}],
            }
        },
    )

    model: str = Field(max_length=400, description="An LLMServer that serves chat, or a knowledge base.")
    input: Annotated[
        list[InputMessage],
        Field(min_length=1, max_length=512),
        BeforeValidator(_as_messages, json_schema_input_type=str | list[InputMessage]),
    ]
    instructions: str | None = Field(default=None, max_length=100_000, description="Rules for this response alone.")
    tools: list[FileSearchTool] = Field(default=[], max_length=1)
    tool_choice: Any = None
    include: list[str] | None = None
    previous_response_id: str | None = Field(default=None, max_length=100)
    max_output_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    metadata: dict[str, str] | None = None
    store: bool | None = True
    stream: bool | None = False

    @property
    def search(self) -> FileSearchTool | None:
        """The search that is asked for."""
        return self.tools[0] if self.tools and self.tool_choice != "none" else None

    @property
    def turns(self) -> tuple[Message, ...]:
        """The new turns of the conversation."""
        return tuple(item.as_message() for item in self.input)

    def conversation(self, earlier: tuple[Message, ...]) -> Conversation:
        """Return the question and its history; raises RequestError where the user asked nothing."""
        rules = (Message("system", self.instructions),) if self.instructions else ()
        conversation = split([*rules, *earlier, *self.turns])
        if conversation is None:
            raise RequestError(ErrorCode.REQUEST_INVALID, "input", "none of it is a question of the user's")
        return conversation

    @property
    def parameters(self) -> dict[str, Any]:
        """What goes to the chat model."""
        given = {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_output_tokens}
        usage = {"stream_options": {"include_usage": True}}
        return {**{name: value for name, value in given.items() if value is not None}, **usage}

    @property
    def echo(self) -> dict[str, Any]:
        """What the response repeats."""
        return self.model_dump(include=set(_ECHOED))
