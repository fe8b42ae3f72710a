"""A chat model behind an OpenAI-shaped endpoint."""

import json
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import aiohttp

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import ChatConfig
from kubelore.llm.interface import ChatCompletion, ChatRequest, ChatStream

_log = logging.getLogger(__name__)

DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=300)
"""Seconds; a large model on a CPU may read a long prompt for minutes before its first token."""

_LONGEST_REASON = 300
_TRANSIENT = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_CALLERS_FAULT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})
"""The provider's words are shown for these; other refusals can quote the key."""

_EVENT_STREAM = "text/event-stream"


class OpenAIShapedChat:
    """Speaks to one model over a session that the whole process shares."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        config: ChatConfig,
        api_key: str = "",
        timeout: aiohttp.ClientTimeout = DEFAULT_TIMEOUT,
    ) -> None:
        """Take the shared session; the API key is sent as a bearer token where there is one."""
        self._session = session
        self._config = config
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = timeout

    @property
    def context_length(self) -> int:
        """The most tokens of a conversation with its answer."""
        return self._config.context_length

    async def complete(self, request: ChatRequest) -> ChatCompletion:
        """Return the whole answer."""
        response = await self._post(request, stream=False)
        async with response:
            try:
                payload = json.loads(await response.read())
                text = payload["choices"][0]["message"].get("content") or ""
            except (aiohttp.ClientError, TimeoutError) as error:
                raise self._unreachable(error) from error
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise self._refused("its answer is no chat completion") from error
        return ChatCompletion(text=text, payload=payload)

    async def stream(self, request: ChatRequest) -> ChatStream:
        """Return the answer's stream, once the model has accepted the request."""
        response = await self._post(request, stream=True)
        if response.content_type != _EVENT_STREAM:
            response.close()
            raise self._refused(f"it answered with {response.content_type}, not with an event stream")
        return _ResponseStream(response, self._config.server)

    async def _post(self, request: ChatRequest, *, stream: bool) -> aiohttp.ClientResponse:
        body = {**request.parameters, "model": self._config.model, "messages": request.messages, "stream": stream}
        url = f"{self._config.base_url.rstrip('/')}/chat/completions"
        try:
            response = await self._session.post(url, json=body, headers=self._headers, timeout=self._timeout)
            if response.status != HTTPStatus.OK:
                raise await self._rejected(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error
        return response

    async def _rejected(self, response: aiohttp.ClientResponse) -> KubeloreError:
        async with response:
            reason = _reason(await response.read())
        _log.warning("The chat model answered with HTTP %d: %s", response.status, reason)
        found = f"HTTP {response.status}: {reason}" if response.status in _CALLERS_FAULT else f"HTTP {response.status}"
        if response.status in _TRANSIENT:
            return KubeloreError(ErrorCode.CHAT_UNREACHABLE, self._config.server, found)
        return self._refused(found)

    def _unreachable(self, error: Exception) -> KubeloreError:
        return _unreachable(self._config.server, error)

    def _refused(self, found: str) -> KubeloreError:
        return KubeloreError(ErrorCode.CHAT_REFUSED, self._config.server, found)


class _ResponseStream:
    """Passes on what arrives, without looking into it."""

    def __init__(self, response: aiohttp.ClientResponse, server: str) -> None:
        self._response = response
        self._server = server

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._response.content.iter_any():
                yield data
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _unreachable(self._server, error) from error

    async def aclose(self) -> None:
        # Closing, and not releasing: releasing would read the rest of the answer.
        self._response.close()


def _unreachable(server: str, error: Exception) -> KubeloreError:
    return KubeloreError(ErrorCode.CHAT_UNREACHABLE, server, str(error) or type(error).__name__)


def _reason(body: bytes) -> str:
    """Return the message of an OpenAI-shaped error, or the beginning of whatever came."""
    try:
        error: Any = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError):
        return body[:_LONGEST_REASON].decode(errors="replace")
    message = error.get("message") if isinstance(error, dict) else error
    return str(message)[:_LONGEST_REASON]
