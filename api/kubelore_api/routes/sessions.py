"""Conversations that are kept."""

import time
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kubelore.errors import ErrorCode
from kubelore.resources.llm_server import LLMServer
from kubelore_api.conversations.sessions import Exchange, Session, Sessions, Turn, history
from kubelore_api.errors import RequestError
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.generate import Answer
from kubelore_api.rag.retrieve import Scope
from kubelore_api.rag.tuning import Tuning
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import CallerOf, DatabaseOf, ServicesOf
from kubelore_api.routes.named_model import find_chat_model
from kubelore_api.routes.noted_use import note_answer

_RATING: Mapping[int | None, Literal[-1, 1] | None] = {-1: -1, 1: 1, None: None}

router = APIRouter(prefix="/v1/sessions", tags=["conversations"])


class NewSession(BaseModel):
    """Whom a conversation is to be with."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=512, description="An assistant, or a knowledge base.")


class SessionObject(BaseModel):
    """A conversation."""

    id: str
    model: str
    title: str = Field(description="Its first question, or the beginning of it.")
    created_at: datetime
    updated_at: datetime


class SessionList(BaseModel):
    """The latest first."""

    data: list[SessionObject]


class TurnObject(BaseModel):
    """A question and its answer, with the sources that it stands on, and what it took."""

    id: str
    number: int
    question: str
    answer: str
    sources: list[dict[str, Any]]
    prompt_tokens: int
    completion_tokens: int
    milliseconds: int
    feedback: Literal[-1, 1] | None
    comment: str | None
    created_at: datetime


class History(SessionObject):
    """A conversation with all that was said in it."""

    turns: list[TurnObject]


class Question(BaseModel):
    """The next question."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=8192, pattern=r"\S")


class Feedback(BaseModel):
    """What the user thinks of an answer."""

    model_config = ConfigDict(extra="forbid")

    feedback: Literal[-1, 1]
    comment: str | None = Field(default=None, max_length=4096)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_session(
    request: NewSession, services: ServicesOf, database: DatabaseOf, caller: CallerOf
) -> SessionObject:
    """Begin a conversation."""
    _with_documents(await find_chat_model(services, caller, request.model, Tuning()))
    return _session(await Sessions(database).create(caller, request.model))


@router.get("")
async def list_sessions(
    database: DatabaseOf, caller: CallerOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> SessionList:
    """List the caller's conversations."""
    return SessionList(data=[_session(each) for each in await Sessions(database).list(caller, limit)])


@router.get("/{session_id}")
async def get_session(session_id: str, database: DatabaseOf, caller: CallerOf) -> History:
    """Return a conversation with all that was said in it."""
    sessions = Sessions(database)
    session = _session(await sessions.get(caller, session_id))
    return History(**session.model_dump(), turns=[_turn(turn) for turn in await sessions.turns(caller, session_id)])


@router.delete("/{session_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_session(session_id: str, database: DatabaseOf, caller: CallerOf) -> Response:
    """Delete a conversation with all that was said in it."""
    await Sessions(database).delete(caller, session_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{session_id}/turns", status_code=HTTPStatus.CREATED)
async def ask(
    session_id: str, http: Request, request: Question, services: ServicesOf, database: DatabaseOf, caller: CallerOf
) -> TurnObject:
    """Ask the next question, and keep its answer."""
    sessions, started = Sessions(database), time.perf_counter()
    session = await sessions.get(caller, session_id)
    said = history(await sessions.turns(caller, session_id))
    scope = _with_documents(await find_chat_model(services, caller, session.model, Tuning()))
    question = request.query.strip()
    answer = await unless_client_leaves(http, services.rag.answer(scope, Conversation(question, said), {}))
    note_answer(http, scope, answer)
    exchange = _exchange(question, answer, time.perf_counter() - started)
    return _turn(await sessions.add(caller, session_id, exchange))


@router.put("/{session_id}/turns/{turn_id}/feedback")
async def rate(session_id: str, turn_id: str, request: Feedback, database: DatabaseOf, caller: CallerOf) -> TurnObject:
    """Say what the user thinks of an answer."""
    rated = await Sessions(database).rate(caller, session_id, turn_id, request.feedback, request.comment)
    return _turn(rated)


def _with_documents(model: Scope | LLMServer) -> Scope:
    """Return what answers from documents; raises RequestError for a model server."""
    if isinstance(model, LLMServer):
        found = "it is a model server: name a knowledge base or an assistant"
        raise RequestError(ErrorCode.REQUEST_INVALID, "model", found)
    return model


def _exchange(question: str, answer: Answer, seconds: float) -> Exchange:
    return Exchange(
        question=question,
        answer=answer.text,
        sources=[source.model_dump() for source in answer.sources],
        prompt_tokens=answer.tokens.prompt,
        completion_tokens=answer.tokens.completion,
        milliseconds=round(seconds * 1000),
    )


def _session(session: Session) -> SessionObject:
    return SessionObject.model_validate(session, from_attributes=True)


def _turn(turn: Turn) -> TurnObject:
    exchange = turn.exchange
    return TurnObject(
        id=turn.id,
        number=turn.number,
        question=exchange.question,
        answer=exchange.answer,
        sources=list(exchange.sources),
        prompt_tokens=exchange.prompt_tokens,
        completion_tokens=exchange.completion_tokens,
        milliseconds=exchange.milliseconds,
        feedback=_RATING[turn.feedback],
        comment=turn.comment,
        created_at=turn.created_at,
    )
