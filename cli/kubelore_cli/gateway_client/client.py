"""The gateway's HTTP interface, one method a route."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pydantic import SecretStr, ValidationError

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_cli.gateway_client.models import Accepted, Answer, Answered, TaskStatus

_SECONDS_TO_CONNECT = 5.0
_SECONDS_TO_ANSWER = 300.0
_LONGEST_UNKNOWN_BODY = 200

M = TypeVar("M", bound=Answered)


class RefusedError(KubeloreError):
    """The gateway's refusal; `reason` is the code that it gave."""

    def __init__(self, url: str, reason: str, detail: str) -> None:
        """Say what it refused in its own words."""
        super().__init__(ErrorCode.GATEWAY_REFUSED, url, detail)
        self.reason = reason


class GatewayClient:
    """One gateway.

    Every method raises KubeloreError GATEWAY_UNREACHABLE, or RefusedError.
    """

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url.rstrip("/")
        self._session = session

    async def ask(self, question: str, knowledge_base: str | None) -> Answer:
        """Ask one question; without a knowledge base, the only one there is."""
        body = {"query": question, **({"knowledge_base": knowledge_base} if knowledge_base else {})}
        return await self._request(Answer, "POST", "/chat", json=body)

    async def upload(self, path: Path, name: str, knowledge_base: str | None) -> str:
        """Upload a file under a name, without holding it in memory, and return its task's id."""
        # Names are sent as they are: a quoted one would become another document.
        form = aiohttp.FormData(quote_fields=False)
        if knowledge_base:
            form.add_field("knowledge_base", knowledge_base)
        with path.open("rb") as content:
            form.add_field("file", content, filename=name)
            accepted = await self._request(Accepted, "POST", "/v1/files", data=form)
        return accepted.id

    async def task_status(self, task_id: str) -> TaskStatus:
        """Say how far a task is."""
        return await self._request(TaskStatus, "GET", f"/task-status/{task_id}")

    async def _request(self, model: type[M], method: str, path: str, **arguments: Any) -> M:
        try:
            async with self._session.request(method, f"{self._url}{path}", **arguments) as response:
                body = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise KubeloreError(ErrorCode.GATEWAY_UNREACHABLE, self._url, str(error)) from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(self._url, response.status, body)
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            raise RefusedError(self._url, "", "what answers there is no gateway of Kubelore") from error


class _ErrorObject(Answered):
    message: str
    code: str | None = None


class _ErrorBody(Answered):
    error: _ErrorObject


def _refusal(url: str, status: int, body: str) -> RefusedError:
    try:
        error = _ErrorBody.model_validate_json(body).error
    except ValidationError:
        return RefusedError(url, "", f"HTTP status {status}: {' '.join(body.split())[:_LONGEST_UNKNOWN_BODY]}")
    return RefusedError(url, error.code or "", error.message)


@asynccontextmanager
async def open_client(url: str, api_key: SecretStr) -> AsyncIterator[GatewayClient]:
    """Yield a client that sends the key, if there is one."""
    key = api_key.get_secret_value()
    timeout = aiohttp.ClientTimeout(total=_SECONDS_TO_ANSWER, connect=_SECONDS_TO_CONNECT)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        yield GatewayClient(url, session)
