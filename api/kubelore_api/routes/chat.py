"""The simple way to ask: a question in, an answer with its sources out."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kubelore_api.rag.cite import Source
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.retrieve import Scope
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.noted_use import note_answer
from kubelore_api.routes.retrieval_options import RetrievalOptions

router = APIRouter(prefix="/chat", tags=["chat"])


class ChatRequest(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=8192, pattern=r"\S")
    knowledge_base: str | None = Field(default=None, description="Default: the only one there is.")
    retrieval: RetrievalOptions = RetrievalOptions()


class ChatAnswer(BaseModel):
    """An answer, with the numbered sources that it cites."""

    answer: str
    sources: tuple[Source, ...]


@router.post("")
async def chat(http: Request, request: ChatRequest, services: ServicesOf, caller: CallerOf) -> ChatAnswer:
    """Answer one question."""
    kb = await services.catalog.find_ready(request.knowledge_base, "knowledge_base")
    scope = Scope(kb, caller, tuning=request.retrieval.tuning())
    answering = services.rag.answer(scope, Conversation(request.query.strip()), {})
    answer = await unless_client_leaves(http, answering)
    note_answer(http, scope, answer)
    return ChatAnswer(answer=answer.text, sources=answer.sources)
