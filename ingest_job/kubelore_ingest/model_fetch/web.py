"""Asks servers for models: redirects are followed, credentials stay with the origin that they are for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.web_address import origin, shown

_SECONDS_TO_CONNECT = 10.0
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ANSWERS = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_NOT_FOUND = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_FORBIDDEN = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS})
_HEADERS = {"User-Agent": "kubelore-model-fetch", "Accept-Encoding": "identity"}
_BUFFER_BYTES = 1 << 20

_HUB_ERROR_HEADER = "X-Error-Code"
_HUB_ERRORS = {
    "GatedRepo": ErrorCode.MODEL_GATED,
    "RepoNotFound": ErrorCode.MODEL_SOURCE_NOT_FOUND,
    "RevisionNotFound": ErrorCode.MODEL_SOURCE_NOT_FOUND,
    "EntryNotFound": ErrorCode.MODEL_SOURCE_NOT_FOUND,
}
"""What the Hugging Face hub says beside a status of 401, 403 or 404 (huggingface_hub.errors names them)."""


@asynccontextmanager
async def open_web(silence_seconds: float) -> AsyncIterator["Web"]:
    """Give a way to ask servers, for the time of the block; one that is silent for so long is given up."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_SECONDS_TO_CONNECT, sock_read=silence_seconds)
    async with aiohttp.ClientSession(
        timeout=timeout, headers=_HEADERS, auto_decompress=False, read_bufsize=_BUFFER_BYTES, trust_env=True
    ) as session:
        yield Web(session)


class Web:
    """Asks for files over HTTP."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @asynccontextmanager
    async def get(
        self, url: str, token: str | None, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give the answer, of status 200, 206 or 416, for the time of the block.

        Raises KubeloreError MODEL_SOURCE_UNREACHABLE for what may pass, also where the answer breaks off in the
        block, and MODEL_UNAUTHENTICATED, MODEL_FORBIDDEN, MODEL_GATED, MODEL_SOURCE_NOT_FOUND or
        MODEL_SOURCE_REFUSED for what stays.
        """
        try:
            async with await self._follow(url, token, headers) as response:
                yield response
        except (aiohttp.InvalidURL, aiohttp.ClientConnectorCertificateError) as error:
            raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, url, str(error)) from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise source_error(ErrorCode.MODEL_SOURCE_UNREACHABLE, url, type(error).__name__) from error

    async def _follow(self, url: str, token: str | None, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        current = url
        for _ in range(_MOST_REDIRECTS + 1):
            own = {"Authorization": f"Bearer {token}"} if token and origin(current) == origin(url) else {}
            response = await self._session.get(_as_given(current), headers={**headers, **own}, allow_redirects=False)
            if response.status in _ANSWERS:
                return response
            response.close()
            if response.status not in _REDIRECTS:
                raise _refusal(response, url)
            current = _redirect_target(current, response.headers.get("Location", ""), url)
        raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, url, f"more than {_MOST_REDIRECTS} redirects")


def source_error(code: ErrorCode, url: str, detail: str) -> KubeloreError:
    """Say what is wrong with an address."""
    return KubeloreError(code, f"model file {shown(url)!r}", detail)


def _as_given(url: str) -> URL:
    """Keep an address' own way of quoting: it may be part of what a signature covers."""
    return URL(url, encoded=url.isascii())


def _redirect_target(current: str, location: str, asked: str) -> str:
    target = urljoin(current, location)
    if not location or urlsplit(target).scheme not in {"http", "https"}:
        raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, asked, "it redirects to what is no web address")
    return target


def _refusal(response: aiohttp.ClientResponse, url: str) -> KubeloreError:
    said = response.headers.get(_HUB_ERROR_HEADER, "")
    host = response.url.host
    if said in _HUB_ERRORS:
        return source_error(_HUB_ERRORS[said], url, f"HTTP {response.status} from {host}, {said}")
    return source_error(code_of(response.status), url, f"HTTP {response.status} from {host}")


def code_of(status: int) -> ErrorCode:
    """Say what an HTTP status means for a model's source."""
    if status == HTTPStatus.UNAUTHORIZED:
        return ErrorCode.MODEL_UNAUTHENTICATED
    if status in _FORBIDDEN:
        return ErrorCode.MODEL_FORBIDDEN
    if status in _NOT_FOUND:
        return ErrorCode.MODEL_SOURCE_NOT_FOUND
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorCode.MODEL_SOURCE_UNREACHABLE
    return ErrorCode.MODEL_SOURCE_REFUSED
