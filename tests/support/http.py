"""HTTP as a test speaks it: what came back, whatever the status."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def get(url: str, headers: Mapping[str, str] = _NONE) -> Reply:
    """GET an address."""
    return _send(urllib.request.Request(url, headers=dict(headers)))  # noqa: S310 - a server of the test's own


def post(url: str, body: object, headers: Mapping[str, str] = _NONE) -> Reply:
    """POST JSON, bytes as they are, or pieces of an unsaid length."""
    data = body if isinstance(body, bytes | Iterator) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    return _send(urllib.request.Request(url, data, headers))  # noqa: S310 - as above


def put(url: str, body: object, headers: Mapping[str, str] = _NONE) -> Reply:
    """PUT JSON."""
    return request("PUT", url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def delete(url: str, headers: Mapping[str, str] = _NONE) -> Reply:
    """DELETE an address."""
    return request("DELETE", url, None, headers)


def request(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
    """Send any request."""
    return _send(urllib.request.Request(url, body, dict(headers), method=method))  # noqa: S310 - as above


def _send(request: urllib.request.Request) -> Reply:
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - as above
            return Reply(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers, error.read())
