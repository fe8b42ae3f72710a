"""The few requests that the operator makes, as plain objects over the official client's transport."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client as kubernetes_client
from kubernetes.aio import config as kubernetes_config

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.bodies import Body
from kubelore_operator.kinds import KINDS, ApiKind

FIELD_MANAGER = "kubelore"

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_JSON = "application/json"
_SECONDS = 30
_PAGE = 500
_CONNECTIONS = 64

_NOT_FOUND = 404
_CONFLICT = 409
_TOO_MANY = 429
_FIRST_ERROR = 400
_SERVER_ERRORS = 500

_CODES = {_NOT_FOUND: ErrorCode.RESOURCE_NOT_FOUND, _CONFLICT: ErrorCode.RESOURCE_CONFLICT}


class ClusterClient:
    """Reads and writes objects; every error is a KubeloreError.

    RESOURCE_NOT_FOUND and RESOURCE_CONFLICT mean what they say, CLUSTER_UNREACHABLE may be tried again, and
    CLUSTER_REFUSED carries the API server's own words.
    """

    def __init__(self, api: kubernetes_client.ApiClient) -> None:
        """Speak through this transport."""
        self._api = api

    async def list(self, kind: ApiKind, namespace: str | None, label_selector: str = "") -> tuple[list[Body], int]:
        """Return all objects of a kind and the version they were read at; none where the kind isn't installed."""
        items: list[Body] = []
        query = {"limit": str(_PAGE), "labelSelector": label_selector}
        while True:
            try:
                page = await self._request(f"the list of {kind.plural}", "GET", kind.path(namespace), query)
            except KubeloreError as error:
                if error.code is ErrorCode.RESOURCE_NOT_FOUND:
                    return [], 0
                raise
            named = {"apiVersion": kind.api_version, "kind": kind.kind}
            items += [named | item for item in page["items"]]
            following = page["metadata"].get("continue")
            if not following:
                return items, int(page["metadata"]["resourceVersion"])
            query["continue"] = following

    async def get(self, key: ResourceKey) -> Body | None:
        """Return one object, or None."""
        try:
            return await self._request(str(key), "GET", _path(key))
        except KubeloreError as error:
            if error.code is ErrorCode.RESOURCE_NOT_FOUND:
                return None
            raise

    async def log(self, pod: ResourceKey, container: str, lines: int) -> str:
        """Return the last lines of a container's log."""
        query = {"container": container, "tailLines": str(lines)}
        status, content = await self._send(str(pod), "GET", _path(pod, "log"), query)
        if status >= _FIRST_ERROR:
            raise _error(status, str(pod), _parsed(content))
        return content.decode(errors="replace")

    async def apply(self, key: ResourceKey, manifest: Body) -> Body:
        """Create the object or bring it to the manifest, by server-side apply."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return await self._request(str(key), "PATCH", _path(key), query, manifest, _APPLY)

    async def merge(self, key: ResourceKey, patch: Body, subresource: str | None = None) -> Body:
        """Change parts of an object, by a merge patch."""
        query = {"fieldManager": FIELD_MANAGER}
        return await self._request(str(key), "PATCH", _path(key, subresource), query, patch, _MERGE)

    async def delete(self, key: ResourceKey, uid: str) -> None:
        """Delete this very object and, after it, what it owns; one that has gone already is fine."""
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            await self._request(str(key), "DELETE", _path(key), body=options, content_type=_JSON)
        except KubeloreError as error:
            if error.code not in {ErrorCode.RESOURCE_NOT_FOUND, ErrorCode.RESOURCE_CONFLICT}:
                raise

    async def _request(
        self,
        subject: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = _JSON,
    ) -> Body:
        status, content = await self._send(subject, method, path, query, body, content_type)
        answer = _parsed(content)
        if status >= _FIRST_ERROR:
            raise _error(status, subject, answer)
        return answer

    async def _send(
        self,
        subject: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = _JSON,
    ) -> tuple[int, bytes]:
        given = {name: value for name, value in (query or {}).items() if value}
        headers = {"Content-Type": content_type, "Accept": _JSON}
        try:
            await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            url = f"{self._api.configuration.host}{path}{'?' if given else ''}{urlencode(given)}"
            response = await self._api.call_api(method, url, headers, body, _request_timeout=_SECONDS)
            return response.status, await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise KubeloreError(ErrorCode.CLUSTER_UNREACHABLE, subject, type(error).__name__) from error


@asynccontextmanager
async def connected() -> AsyncIterator[ClusterClient]:
    """Connect with the pod's service account, or else with the kubeconfig."""
    configuration = kubernetes_client.Configuration()
    try:
        kubernetes_config.load_incluster_config(configuration)
    except kubernetes_config.ConfigException:
        await _load_kubeconfig(configuration)
    configuration.connection_pool_maxsize = _CONNECTIONS
    # kopf, which watches the same server, goes by no proxy of the environment either.
    configuration.client_session_kwargs = {"trust_env": False}
    async with kubernetes_client.ApiClient(configuration) as api:
        yield ClusterClient(api)


async def _load_kubeconfig(configuration: kubernetes_client.Configuration) -> None:
    try:
        await kubernetes_config.load_kube_config(client_configuration=configuration)
    except (kubernetes_config.ConfigException, OSError) as error:
        raise KubeloreError(ErrorCode.CLUSTER_UNREACHABLE, "kubeconfig", str(error)) from error


def _path(key: ResourceKey, subresource: str | None = None) -> str:
    return KINDS[key.kind].path(key.namespace, key.name, subresource)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {"message": content[:200].decode(errors="replace")}
    return answer if isinstance(answer, dict) else {"message": str(answer)}


def _error(status: int, subject: str, answer: Body) -> KubeloreError:
    said = str(answer.get("message", "no message"))
    if status in _CODES:
        return KubeloreError(_CODES[status], subject, said)
    if status == _TOO_MANY or status >= _SERVER_ERRORS:
        return KubeloreError(ErrorCode.CLUSTER_UNREACHABLE, subject, f"{status}: {said}")
    return KubeloreError(ErrorCode.CLUSTER_REFUSED, subject, said)
