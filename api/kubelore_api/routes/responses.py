"""OpenAI's responses: a model server over knowledge bases, and conversations that go on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Literal

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.interface import ChatModel
from kubelore.resources.knowledge_base import Chat
from kubelore.resources.llm_server import LLMServer, Task
from kubelore_api.access.caller import Caller
from kubelore_api.errors import RequestError
from kubelore_api.rag.conversation import Message
from kubelore_api.rag.retrieve import Scope
from kubelore_api.responses.run import Inquiry, ResponseRun
from kubelore_api.responses.store import StoredResponse
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.event_stream import EventStream
from kubelore_api.routes.response_request import INCLUDE_RESULTS, ResponseRequest
from kubelore_api.services import Services
from kubelore_api.sse import named_event

router = APIRouter(prefix="/v1/responses", tags=["chat"])


class DeletedResponse(BaseModel):
    """A response that is forgotten."""

    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True


@router.post("", response_model=None)
async def create_response(http: Request, request: ResponseRequest, services: ServicesOf, caller: CallerOf) -> Response:
    """Answer from knowledge bases, or by the model alone, as OpenAI's newer clients ask."""
    earlier = await _earlier(request, services, caller)
    inquiry = await _inquiry(request, services, caller, earlier)
    run = ResponseRun(services.rag, inquiry)
    keep = _Keeping(services, caller, (*earlier, *request.turns), wanted=request.store is not False)
    if request.stream:
        return EventStream(_told(run, keep))
    await unless_client_leaves(http, _finish(run))
    await keep.keep(run)
    return Response(orjson.dumps(run.response), media_type="application/json")


@router.get("/{response_id}", response_model=None)
async def get_response(response_id: str, services: ServicesOf, caller: CallerOf) -> Response:
    """Return a response that was kept."""
    stored = await _stored(services, caller, response_id, "response_id")
    return Response(orjson.dumps(stored.payload), media_type="application/json")


@router.delete("/{response_id}", status_code=HTTPStatus.OK)
async def delete_response(response_id: str, services: ServicesOf, caller: CallerOf) -> DeletedResponse:
    """Forget a response."""
    if not await services.responses.delete(caller, response_id):
        raise _unknown(response_id, "response_id")
    return DeletedResponse(id=response_id)


class _Keeping:
    """Keeps a response once it is whole, where the client wants it kept."""

    def __init__(self, services: Services, caller: Caller, turns: tuple[Message, ...], *, wanted: bool) -> None:
        self._services = services
        self._caller = caller
        self._turns = turns
        self._wanted = wanted

    async def keep(self, run: ResponseRun) -> None:
        if self._wanted:
            turns = (*self._turns, Message("assistant", run.text))
            stored = StoredResponse(run.response, turns)
            await self._services.responses.put(self._caller, run.response["id"], stored)


async def _finish(run: ResponseRun) -> None:
    async for _ in run.events():
        pass


async def _told(run: ResponseRun, keep: _Keeping) -> AsyncGenerator[bytes]:
    """Write the events; the answer has begun, so that an error can only be told as one."""
    try:
        async with aclosing(run.events()) as events:
            async for event in events:
                if run.is_finished:
                    # Before its last event is told: a client may go on from it at once.
                    await keep.keep(run)
                yield named_event(event["type"], event)
    except KubeloreError as error:
        failed = run.failed(error.message)
        yield named_event(failed["type"], failed)


async def _inquiry(
    request: ResponseRequest, services: Services, caller: Caller, earlier: tuple[Message, ...]
) -> Inquiry:
    named = await services.catalog.find_model(request.model, Task.CHAT)
    scopes = await _scopes(request, services, caller)
    model: ChatModel | None
    if isinstance(named, LLMServer):
        chat, model = Chat(), services.models.chat_of(named)
    else:
        chat, model = named.spec.chat, await services.models.chat(named)
        scopes = scopes or [Scope(services.catalog.require_ready(named, "model"), caller)]
    return Inquiry(
        conversation=request.conversation(earlier),
        scopes=scopes,
        chat=chat,
        model=model,
        model_name=request.model,
        parameters=request.parameters,
        echo=request.echo,
        show_results=INCLUDE_RESULTS in (request.include or ()),
    )


async def _scopes(request: ResponseRequest, services: Services, caller: Caller) -> list[Scope]:
    search = request.search
    if search is None:
        return []
    where, tuning = search.where, search.tuning()
    return [
        Scope(await services.catalog.find_ready(name, "tools.0.vector_store_ids"), caller, where, tuning)
        for name in dict.fromkeys(search.vector_store_ids)
    ]


async def _earlier(request: ResponseRequest, services: Services, caller: Caller) -> tuple[Message, ...]:
    if request.previous_response_id is None:
        return ()
    return (await _stored(services, caller, request.previous_response_id, "previous_response_id")).turns


async def _stored(services: Services, caller: Caller, response_id: str, parameter: str) -> StoredResponse:
    stored = await services.responses.get(caller, response_id)
    if stored is None:
        raise _unknown(response_id, parameter)
    return stored


def _unknown(response_id: str, parameter: str) -> RequestError:
    return RequestError(ErrorCode.RESOURCE_NOT_FOUND, parameter, subject=f"response {response_id[:100]}")
