"""Any object of one namespace of an API server, and every version of it that there was."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from kubernetes import client

from kubelore_operator.kinds import KINDS, ApiKind

Body = dict[str, Any]

_OTHERS = {kind: ApiKind(kind, "", "v1", f"{kind.lower()}s") for kind in ("ServiceAccount", "Secret")}
_MERGE = "application/merge-patch+json"
_JSON = "application/json"


@dataclass(slots=True)
class History:
    """Every version of every object of one kind, in the order in which they were written."""

    events: list[tuple[str, Body]] = field(default_factory=list)

    def created(self) -> list[str]:
        """Return the names of all objects that were created."""
        return [body["metadata"]["name"] for event, body in self.events if event == "ADDED"]

    def writes(self, name: str | None = None) -> int:
        """Return how often an object, or any of them, was written, creations included."""
        bodies = [body for event, body in self.events if event != "DELETED"]
        return sum(name is None or body["metadata"]["name"] == name for body in bodies)


@dataclass(frozen=True, slots=True)
class NamespaceApi:
    """One namespace, as an administrator sees it."""

    connection: client.ApiClient
    namespace: str

    def list(self, kind: str) -> list[Body]:
        """Return all objects of a kind."""
        items: list[Body] = self._send("GET", self._path(kind))["items"]
        return [{"kind": kind, **item} for item in items]

    def get(self, kind: str, name: str) -> Body | None:
        """Return one object, or None."""
        try:
            return self._send("GET", self._path(kind, name))
        except LookupError:
            return None

    def create(self, body: Mapping[str, Any]) -> Body:
        """Create an object in this namespace."""
        metadata = {**body["metadata"], "namespace": self.namespace}
        return self._send("POST", self._path(body["kind"]), {**body, "metadata": metadata})

    def patch(self, kind: str, name: str, change: Mapping[str, Any], subresource: str | None = None) -> Body:
        """Merge a change into an object."""
        return self._send("PATCH", self._path(kind, name, subresource), change)

    def delete(self, kind: str, name: str) -> None:
        """Delete an object; what it owns is left to the garbage collector."""
        self._send("DELETE", self._path(kind, name), {"propagationPolicy": "Background", "gracePeriodSeconds": 0})

    def delete_namespace(self) -> None:
        """Begin to delete the namespace; without a namespace controller it stays as it is, but takes nothing new."""
        self._call("DELETE", f"/api/v1/namespaces/{self.namespace}")

    @contextmanager
    def history(self, kind: str) -> Iterator[History]:
        """Record what happens in the block to the objects of a kind; it is there when the block has ended.

        The API server remembers what happened for a minute at least: the block must not take longer.
        """
        history = History()
        start = self._send("GET", self._path(kind))["metadata"]["resourceVersion"]
        yield history
        query = urlencode({"watch": "true", "resourceVersion": start, "timeoutSeconds": "1"})
        lines = self._call("GET", f"{self._path(kind)}?{query}").splitlines()
        events = [json.loads(line) for line in lines]
        history.events += [(event["type"], event["object"]) for event in events]

    @contextmanager
    def histories(self, kinds: Iterable[str]) -> Iterator[dict[str, History]]:
        """Record what happens in the block to the objects of several kinds."""
        with ExitStack() as stack:
            yield {kind: stack.enter_context(self.history(kind)) for kind in kinds}

    def _path(self, kind: str, name: str | None = None, subresource: str | None = None) -> str:
        api_kind = KINDS.get(kind) or _OTHERS[kind]
        return api_kind.path(self.namespace, name, subresource)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Body:
        answer: Body = json.loads(self._call(method, path, body))
        return answer

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        headers = {"Accept": _JSON, "Content-Type": _MERGE if method == "PATCH" else _JSON}
        response = self.connection.call_api(method, f"{self.connection.configuration.host}{path}", headers, body)
        content: bytes = response.read()
        if response.status == HTTPStatus.NOT_FOUND:
            raise LookupError(content.decode())
        assert response.status < HTTPStatus.BAD_REQUEST, content.decode()
        return content
