"""A document behind an address, fetched without letting the address lead into the private network."""

import asyncio
import mimetypes
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import Content
from kubelore_ingest.sources.addresses import is_public
from kubelore_ingest.sources.limits import check_size
from kubelore_ingest.web_address import origin, shown

_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=60)
_MOST_REDIRECTS = 5
_PART_BYTES = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_FORBIDDEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS})
_NO_DOCUMENTS = frozenset({"audio", "font", "image", "video"})
_USER_AGENT = "kubelore-ingest"


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """What is fetched: `headers` go to the address' own origin only, never to where it redirects."""

    url: str
    headers: Mapping[str, str]
    most_bytes: int
    private_addresses: bool = False


def read_url(request: UrlRequest) -> Content:
    """Fetch a document.

    Raises KubeloreError SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, SOURCE_TOO_LARGE or SOURCE_UNREACHABLE, and
    DOCUMENT_UNSUPPORTED for what says that it is a picture, a sound or a film.
    """
    return asyncio.run(_read(request))


def read_headers(folder: Path | None) -> dict[str, str]:
    """Read the headers that a mounted Secret holds, one file a header; `..data` and the like are the kubelet's."""
    if folder is None:
        return {}
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    return {path.name: path.read_text(encoding="utf-8").strip() for path in files}


async def _read(request: UrlRequest) -> Content:
    sockets = _Sockets(private_addresses=request.private_addresses)
    connector = aiohttp.TCPConnector(socket_factory=sockets.open)
    async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
        try:
            return await _follow(session, request)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            if sockets.refused is not None:
                raise _error(ErrorCode.SOURCE_FORBIDDEN, request.url, "its address is not a public one") from error
            raise _error(ErrorCode.SOURCE_UNREACHABLE, request.url, type(error).__name__) from error


async def _follow(session: aiohttp.ClientSession, request: UrlRequest) -> Content:
    url = request.url
    for _ in range(_MOST_REDIRECTS + 1):
        headers = dict(request.headers) if origin(url) == origin(request.url) else {}
        async with session.get(url, headers={"User-Agent": _USER_AGENT} | headers, allow_redirects=False) as response:
            if response.status not in _REDIRECTS:
                return await _content(response, request)
            url = _target(url, response.headers.get("Location", ""), request.url)
    raise _error(ErrorCode.SOURCE_UNREACHABLE, request.url, f"more than {_MOST_REDIRECTS} redirects")


async def _content(response: aiohttp.ClientResponse, request: UrlRequest) -> Content:
    if response.status != HTTPStatus.OK:
        raise _error(_code_of(response.status), request.url, f"HTTP {response.status}")
    subject = _subject(request.url)
    if response.content_type.partition("/")[0] in _NO_DOCUMENTS:
        raise KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, subject, response.content_type)
    check_size(subject, response.content_length or 0, request.most_bytes)
    data = bytearray()
    async for part in response.content.iter_chunked(_PART_BYTES):
        data += part
        check_size(subject, len(data), request.most_bytes)
    return Content(bytes(data), _file_name(response.url.path, response.content_type))


class _Sockets:
    """Opens sockets to public addresses: asked after DNS, for every redirect, with the address that is connected to."""

    def __init__(self, *, private_addresses: bool) -> None:
        self.refused: str | None = None
        self._private_addresses = private_addresses

    def open(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, target = address
        if not self._private_addresses and not is_public(target[0]):
            self.refused = target[0]
            raise OSError("not a public address")
        return socket.socket(family=family, type=kind, proto=protocol)


def _target(url: str, location: str, asked: str) -> str:
    target = urljoin(url, location)
    if not location or urlsplit(target).scheme not in {"http", "https"}:
        raise _error(ErrorCode.SOURCE_FORBIDDEN, asked, "it redirects to what is no web address")
    return target


def _file_name(path: str, media_type: str) -> str:
    """Return a name that the format can be told by: the path's, with the media type's extension where it has none."""
    name = PurePosixPath(unquote(path)).name or "index"
    return name if PurePosixPath(name).suffix else name + (mimetypes.guess_extension(media_type) or "")


def _code_of(status: int) -> ErrorCode:
    if status in _FORBIDDEN:
        return ErrorCode.SOURCE_FORBIDDEN
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorCode.SOURCE_UNREACHABLE
    return ErrorCode.SOURCE_NOT_FOUND


def _error(code: ErrorCode, url: str, detail: str) -> KubeloreError:
    return KubeloreError(code, _subject(url), detail)


def _subject(url: str) -> str:
    """Name a document without the parts of its address that may hold a secret."""
    return f"document {shown(url)!r}"
