"""Asks a server for a file's first byte, which tells its size, its version and whether ranges are taken.

A HEAD request would be refused by an address that is signed for GET.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

import aiohttp

from kubelore.errors import ErrorCode
from kubelore_ingest.model_fetch.remote import FoundFile, RemoteFile
from kubelore_ingest.model_fetch.web import Web, source_error

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", re.ASCII)


async def probe(web: Web, remote: RemoteFile) -> FoundFile:
    """Learn of a file what a download needs to know; raises as `Web.get` does."""
    async with web.get(remote.url, remote.token, {"Range": "bytes=0-0"}) as response:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, remote.url, "its server sends it compressed")
        validator = validator_of(response.headers)
        if response.status == HTTPStatus.OK:
            return FoundFile(remote, response.content_length, validator, takes_ranges=False)
        content_range = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if content_range is not None:
            return FoundFile(remote, int(content_range[3]), validator, takes_ranges=True)
        return _without_a_size(remote, response, validator)


def validator_of(headers: Mapping[str, str]) -> str | None:
    """Return what If-Range takes: a strong ETag, else the time of the last change."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified")


def starts_at(headers: Mapping[str, str]) -> int | None:
    """Return the position of a partial answer's first byte."""
    content_range = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    return int(content_range[1]) if content_range is not None and content_range[1] else None


def _without_a_size(remote: RemoteFile, response: aiohttp.ClientResponse, validator: str | None) -> FoundFile:
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        return FoundFile(remote, None, validator, takes_ranges=False)
    raise source_error(ErrorCode.MODEL_SOURCE_REFUSED, remote.url, f"HTTP {response.status} for its first byte")
