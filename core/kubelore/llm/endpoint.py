"""An OpenAI-shaped endpoint, asked over a session that the whole process shares."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import ServedModel

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


@dataclass(frozen=True, slots=True)
class Blame:
    """The codes of an endpoint's errors: one where a retry may help, one where it can't."""

    unreachable: ErrorCode
    refused: ErrorCode


CHAT = Blame(ErrorCode.CHAT_UNREACHABLE, ErrorCode.CHAT_REFUSED)
RERANKER = Blame(ErrorCode.RERANKER_UNREACHABLE, ErrorCode.RERANKER_REFUSED)
EMBEDDER = Blame(ErrorCode.EMBEDDER_UNREACHABLE, ErrorCode.EMBEDDER_REFUSED)


class EndpointError(KubeloreError):
    """The endpoint answered with an error of its own; `status` is its HTTP status, `reason` safe to show."""

    def __init__(self, code: ErrorCode, subject: str, status: int, reason: str) -> None:
        """Say which status came, and the provider's reason where that may be shown."""
        super().__init__(code, subject, f"HTTP {status}: {reason}" if reason else f"HTTP {status}")
        self.status = status
        self.reason = reason


class Endpoint:
    """One model server; every error is a KubeloreError with a code of its `blame`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        served: ServedModel,
        api_key: str = "",
        timeout: aiohttp.ClientTimeout = DEFAULT_TIMEOUT,
        blame: Blame = CHAT,
    ) -> None:
        """Take the shared session; the API key is sent as a bearer token where there is one."""
        self._session = session
        # What is compressed must be decompressed here, and a stream's pieces may wait for each other in the compressor.
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._timeout = timeout
        self._blame = blame
        self.served = served

    async def post(self, path: str, body: bytes) -> "EndpointAnswer":
        """Post JSON to a path below the base address, and return the answer once its head is there.

        Raises EndpointError for every status but 200.
        """
        url = f"{self.served.base_url.rstrip('/')}/{path}"
        try:
            response = await self._session.post(url, data=body, headers=self.request_headers(), timeout=self._timeout)
            if response.status != HTTPStatus.OK:
                raise await self._rejected(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.unreachable(error) from error
        return EndpointAnswer(response, self)

    def request_headers(self) -> dict[str, str]:
        """Return what is sent with every request."""
        return self._headers

    def refused(self, found: str) -> KubeloreError:
        """Return the error for an answer that makes no sense."""
        return KubeloreError(self._blame.refused, self.served.server, found)

    async def _rejected(self, response: aiohttp.ClientResponse) -> EndpointError:
        async with response:
            reason = _reason(await response.read())
        _log.warning("%s answered with HTTP %d: %s", self.served.server, response.status, reason)
        code = self._blame.unreachable if response.status in _TRANSIENT else self._blame.refused
        shown = reason if response.status in _CALLERS_FAULT else ""
        return EndpointError(code, self.served.server, response.status, shown)

    def unreachable(self, error: Exception) -> KubeloreError:
        """Return the error for an answer that did not come, or not to its end."""
        return KubeloreError(self._blame.unreachable, self.served.server, str(error) or type(error).__name__)


class EndpointAnswer:
    """An answer whose head has come: read it whole, or as it arrives, and close it in any case."""

    def __init__(self, response: aiohttp.ClientResponse, endpoint: Endpoint) -> None:
        self.response = response
        self.endpoint = endpoint

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return self.response.content_type

    async def read(self) -> bytes:
        """Return all of it, and give the connection back."""
        async with self.response:
            try:
                return await self.response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise self.endpoint.unreachable(error) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield bytes as they arrive, without looking into them."""
        try:
            async for data in self.response.content.iter_any():
                yield data
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.endpoint.unreachable(error) from error

    async def aclose(self) -> None:
        """Hang up: the model stops generating."""
        # Closing, and not releasing: releasing would read the rest of the answer.
        self.response.close()


def _reason(body: bytes) -> str:
    """Return the message of an OpenAI-shaped error, or the beginning of whatever came."""
    try:
        error: Any = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError):
        return body[:_LONGEST_REASON].decode(errors="replace")
    message = error.get("message") if isinstance(error, dict) else error
    return str(message)[:_LONGEST_REASON]
