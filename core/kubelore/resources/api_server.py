"""A resource store over the Kubernetes API server."""

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import aiohttp
from kubernetes.aio import client, config
from pydantic import ValidationError

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import GROUP, VERSION, ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore.retry import retrying_async
from kubelore.settings import Settings

_log = logging.getLogger(__name__)

FRESH_SECONDS = 2.0
"""How old a list of knowledge bases or model servers may be when a request is answered from it."""

REQUEST_SECONDS = 10.0
_SECONDS_OF_PATIENCE = 5.0
_LONGEST_WAIT = 1.0
"""The API server names it, in seconds, when it is too busy for a request, which it has not touched then."""

_CHANGED_MEANWHILE = frozenset({ErrorCode.RESOURCE_CONFLICT, ErrorCode.RESOURCE_NOT_FOUND})
_LONGEST_REASON = 500
_KUBECONFIG = "KUBECONFIG"

R = TypeVar("R", LLMServer, KnowledgeBase, IngestTask)


@asynccontextmanager
async def _errors_of(key: ResourceKey) -> AsyncIterator[None]:
    """Turn what the client raises while it works on an object into the one error type."""
    try:
        yield
    except client.ApiException as error:
        raise KubeloreError(_code_of(error.status), str(key), _reason(error)) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise KubeloreError(ErrorCode.CLUSTER_UNREACHABLE, str(key), type(error).__name__) from error
    except ValidationError as error:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, str(key), _first_of(error)) from error


class ApiServerResourceStore:
    """Implements ResourceStore over the API server.

    Knowledge bases and model servers are listed once a namespace every `FRESH_SECONDS`, however many requests ask for
    them: a gateway's reads do not grow with its load, and need no watch to be kept alive. Tasks are always read anew.
    """

    def __init__(self, api: client.ApiClient, namespaces: Sequence[str], fresh_seconds: float = FRESH_SECONDS) -> None:
        """Serve these namespaces; what lies in any other does not exist for this store."""
        self._api = api
        self._objects = client.CustomObjectsApi(api)
        self._namespaces = tuple(namespaces)
        self._knowledge_bases = {name: self._listing(KnowledgeBase, name, fresh_seconds) for name in namespaces}
        self._llm_servers = {name: self._listing(LLMServer, name, fresh_seconds) for name in namespaces}

    async def knowledge_base(self, namespace: str, name: str) -> KnowledgeBase:
        """Return one knowledge base."""
        return await _find(self._knowledge_bases, ResourceKey("KnowledgeBase", namespace, name))

    async def knowledge_bases(self) -> Sequence[KnowledgeBase]:
        """Return those of every namespace that is served."""
        return await _all(self._knowledge_bases)

    async def llm_server(self, namespace: str, name: str) -> LLMServer:
        """Return one model server."""
        return await _find(self._llm_servers, ResourceKey("LLMServer", namespace, name))

    async def llm_servers(self) -> Sequence[LLMServer]:
        """Return those of every namespace that is served."""
        return await _all(self._llm_servers)

    async def ingest_task(self, namespace: str, name: str) -> IngestTask:
        """Return one task with its status."""
        key = ResourceKey("IngestTask", namespace, name)
        self._require_served(key)
        async with _errors_of(key):
            found = await _patiently(
                lambda: self._objects.get_namespaced_custom_object(
                    GROUP, VERSION, namespace, IngestTask.info.plural, name, _request_timeout=REQUEST_SECONDS
                )
            )
            return IngestTask.model_validate(found)

    async def create_ingest_task(self, task: IngestTask) -> IngestTask:
        """Create a task, and return it with its uid."""
        self._require_served(task.key)
        async with _errors_of(task.key):
            created = await _patiently(
                lambda: self._objects.create_namespaced_custom_object(
                    GROUP,
                    VERSION,
                    task.metadata.namespace,
                    IngestTask.info.plural,
                    _manifest(task),
                    field_validation="Strict",
                    _request_timeout=REQUEST_SECONDS,
                )
            )
            return IngestTask.model_validate(created)

    async def cancel_ingest_task(self, task: IngestTask) -> bool:
        """Delete a task as long as it still is as it was read, and say whether it was."""
        metadata = task.metadata
        self._require_served(task.key)
        unchanged = client.V1Preconditions(uid=metadata.uid, resource_version=metadata.resource_version)
        try:
            async with _errors_of(task.key):
                await _patiently(
                    lambda: self._objects.delete_namespaced_custom_object(
                        GROUP,
                        VERSION,
                        metadata.namespace,
                        IngestTask.info.plural,
                        metadata.name,
                        body=client.V1DeleteOptions(preconditions=unchanged),
                        _request_timeout=REQUEST_SECONDS,
                    )
                )
        except KubeloreError as error:
            if error.code in _CHANGED_MEANWHILE:
                return False
            raise
        return True

    async def close(self) -> None:
        """Close connections."""
        await self._api.close()

    def _listing(self, model: type[R], namespace: str, fresh_seconds: float) -> "_Listing[R]":
        return _Listing(model, namespace, self._objects, fresh_seconds)

    def _require_served(self, key: ResourceKey) -> None:
        if key.namespace not in self._namespaces:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, str(key))


class _Listing(Generic[R]):
    """One namespace's objects of one kind, as they were a moment ago."""

    def __init__(self, model: type[R], namespace: str, objects: client.CustomObjectsApi, fresh_seconds: float) -> None:
        self._model: type[R] = model
        self._namespace = namespace
        self._objects = objects
        self._fresh_seconds = fresh_seconds
        self._listed_at = -float("inf")
        self._by_name: dict[str, R] = {}
        self._reading = asyncio.Lock()

    async def by_name(self) -> dict[str, R]:
        """Return them, listed anew where the last list is too old; all who wait share one list."""
        if not self._is_fresh:
            async with self._reading:
                if not self._is_fresh:
                    self._by_name = await self._read()
                    self._listed_at = time.monotonic()
        return self._by_name

    @property
    def _is_fresh(self) -> bool:
        return time.monotonic() - self._listed_at < self._fresh_seconds

    async def _read(self) -> dict[str, R]:
        async with _errors_of(ResourceKey(self._model.info.kind, self._namespace, "*")):
            # No resourceVersion: "0" may leave out an object whose creation was already confirmed to its maker.
            found = await _patiently(
                lambda: self._objects.list_namespaced_custom_object(
                    GROUP, VERSION, self._namespace, self._model.info.plural, _request_timeout=REQUEST_SECONDS
                )
            )
        objects = filter(None, (_readable(self._model, item) for item in found["items"]))
        return {each.metadata.name: each for each in objects}


async def open_api_server_store(settings: Settings) -> ApiServerResourceStore:
    """Return a store for the namespaces that the settings name, by the pod's service account or the kubeconfig.

    Raises KubeloreError CLUSTER_UNREACHABLE where neither is there.
    """
    configuration = client.Configuration()
    try:
        if config.incluster_config.SERVICE_HOST_ENV_NAME in os.environ:
            config.load_incluster_config(client_configuration=configuration)
        else:
            await config.load_kube_config(os.environ.get(_KUBECONFIG), client_configuration=configuration)
    except (config.ConfigException, OSError) as error:
        raise KubeloreError(ErrorCode.CLUSTER_UNREACHABLE, "the Kubernetes API", str(error)) from error
    return ApiServerResourceStore(client.ApiClient(configuration), settings.served_namespaces)


async def _patiently(request: Callable[[], Awaitable[Any]]) -> Any:
    """Ask again while the API server says that it is too busy, as it does while it starts or is flooded."""
    return await retrying_async(request, _is_too_busy, seconds=_SECONDS_OF_PATIENCE, longest_wait=_LONGEST_WAIT)


def _is_too_busy(error: BaseException) -> bool:
    return isinstance(error, client.ApiException) and error.status == HTTPStatus.TOO_MANY_REQUESTS


async def _find(listings: Mapping[str, _Listing[R]], key: ResourceKey) -> R:
    listing = listings.get(key.namespace)
    found = (await listing.by_name()).get(key.name) if listing else None
    if found is None:
        raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, str(key))
    return found


async def _all(listings: Mapping[str, _Listing[R]]) -> Sequence[R]:
    per_namespace = await asyncio.gather(*(listing.by_name() for listing in listings.values()))
    return [each for by_name in per_namespace for each in by_name.values()]


def _readable(model: type[R], item: dict[str, Any]) -> R | None:
    """Read one object; one that a newer version wrote must not hide all others."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        _log.warning("%s %s can't be read: %s", model.info.kind, item["metadata"]["name"], _first_of(error))
        return None


def _manifest(task: IngestTask) -> dict[str, Any]:
    return {
        "apiVersion": task.api_version,
        "kind": task.kind,
        "metadata": {"name": task.metadata.name, "namespace": task.metadata.namespace, "labels": task.metadata.labels},
        "spec": task.spec.to_manifest(),
    }


def _code_of(status: int | None) -> ErrorCode:
    match status:
        case HTTPStatus.NOT_FOUND:
            return ErrorCode.RESOURCE_NOT_FOUND
        case HTTPStatus.CONFLICT:
            return ErrorCode.RESOURCE_CONFLICT
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
            return ErrorCode.RESOURCE_INVALID
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return ErrorCode.CLUSTER_REFUSED
        case _:
            return ErrorCode.CLUSTER_UNREACHABLE


def _reason(error: client.ApiException) -> str:
    """Return the API server's own words; they name the field that is wrong."""
    try:
        return str(json.loads(error.body or "")["message"])[:_LONGEST_REASON]
    except (TypeError, ValueError, LookupError):
        return f"HTTP {error.status} {error.reason}"


def _first_of(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
