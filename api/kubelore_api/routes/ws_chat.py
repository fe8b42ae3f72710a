"""A conversation over a WebSocket: questions and resets in, the answer's pieces out."""

import asyncio
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.errors import RequestError, error_object
from kubelore_api.middleware.authentication import SUBPROTOCOL
from kubelore_api.rag.dialogue import Dialogue
from kubelore_api.rag.retrieve import Scope
from kubelore_api.routes.dependencies import CallerOf, ServicesOf

router = APIRouter(tags=["chat"])

PATH = "/api/v1/ws/chat"
_POLICY_VIOLATION = 1008


class ClientMessage(BaseModel):
    """A question, or the wish to begin anew."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["reset", "message"] = "message"
    content: str = Field(default="", max_length=8192)


@router.websocket(PATH)
async def chat(
    socket: WebSocket,
    services: ServicesOf,
    caller: CallerOf,
    knowledge_base: Annotated[str | None, Query(max_length=400)] = None,
) -> None:
    """Answer question after question, one at a time, until the client leaves."""
    await socket.accept(subprotocol=_subprotocol(socket))
    try:
        kb = await services.catalog.find_ready(knowledge_base, "knowledge_base")
    except KubeloreError as error:
        await _send(socket, {"type": "error", **_without_type(error)})
        await socket.close(_POLICY_VIOLATION)
        return
    await _Talk(socket, Dialogue(services.rag, Scope(kb, caller))).run()


class _Talk:
    """One client's talk: at most one answer is being given, and nothing waits in a queue."""

    def __init__(self, socket: WebSocket, dialogue: Dialogue) -> None:
        self._socket = socket
        self._dialogue = dialogue
        self._answering: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            while True:
                await self._take(await self._socket.receive_text())
        except (WebSocketDisconnect, KeyError):
            # A frame of bytes has no text; it ends the talk as leaving does.
            pass
        finally:
            await self._stop()

    async def _take(self, text: str) -> None:
        try:
            message = _parsed(text)
            if message.type == "reset":
                await self._stop()
                self._dialogue.reset()
                await _send(self._socket, {"type": "reset_ok"})
            else:
                self._begin(message.content.strip())
        except KubeloreError as error:
            await self._tell(error)

    def _begin(self, question: str) -> None:
        if not question:
            raise RequestError(ErrorCode.REQUEST_INVALID, "content", "it asks nothing")
        if self._answering and not self._answering.done():
            found = "the question before it is still being answered; send {type: reset} to stop that"
            raise RequestError(ErrorCode.REQUEST_INVALID, "content", found)
        self._answering = asyncio.create_task(self._answer(question))

    async def _answer(self, question: str) -> None:
        try:
            async for piece in self._dialogue.ask(question):
                await _send(self._socket, {"type": "delta", "content": piece})
            sources = [source.model_dump() for source in self._dialogue.sources]
            await _send(self._socket, {"type": "done", "sources": sources})
        except KubeloreError as error:
            await self._tell(error)
        except WebSocketDisconnect:
            # The receiving side sees that the client left, too, and ends the talk.
            return

    async def _stop(self) -> None:
        if self._answering:
            self._answering.cancel()
            await asyncio.wait({self._answering})

    async def _tell(self, error: KubeloreError) -> None:
        await _send(self._socket, {"type": "error", **_without_type(error)})


def _parsed(text: str) -> ClientMessage:
    try:
        return ClientMessage.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        parameter = ".".join(map(str, first["loc"])) or "message"
        raise RequestError(ErrorCode.REQUEST_INVALID, parameter, first["msg"]) from error


def _without_type(error: KubeloreError) -> dict[str, object]:
    """Describe an error in a message, whose `type` says already that it is one."""
    described = error_object(error)["error"]
    return {name: described[name] for name in ("message", "param", "code")}


def _subprotocol(socket: WebSocket) -> str | None:
    """Choose of what the client offers: a browser ends a talk whose offer is left without an answer."""
    offered = [name.strip() for name in socket.headers.get("sec-websocket-protocol", "").split(",") if name.strip()]
    plain = [name for name in offered if not name.startswith(SUBPROTOCOL)]
    return next(iter([*plain, *offered]), None)


async def _send(socket: WebSocket, message: dict[str, object]) -> None:
    """Send one message; waits while the client does not read, so that nothing piles up here."""
    await socket.send_text(orjson.dumps(message).decode())
