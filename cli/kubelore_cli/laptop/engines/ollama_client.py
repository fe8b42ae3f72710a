"""Ollama's own HTTP interface, one method a route (https://github.com/ollama/ollama/blob/main/docs/api.md)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from pydantic import ValidationError

from kubelore.documents.models import StoredModel
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import ModelProgress

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
_PULL_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=900)
"""Seconds; while it checks a large model it says nothing."""
_LONGEST_LINE_BYTES = 1 << 20
_NOT_THERE = ("file does not exist", "not found")


class _PullLine(StoredModel):
    """A line of a pull: what it does, or what went wrong."""

    status: str = ""
    digest: str | None = None
    total: int | None = None
    completed: int = 0
    error: str | None = None


class _Listed(StoredModel):
    name: str
    digest: str = ""
    size: int | None = None


class _List(StoredModel):
    models: tuple[_Listed, ...] = ()


class OllamaClient:
    """One Ollama; what it is asked in vain raises KubeloreError ENGINE_FAILED."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.address = address
        self._session = session

    async def answers(self) -> bool:
        """Say whether an Ollama is there."""
        try:
            async with self._session.get(f"{self.address}/api/version") as response:
                return response.status == HTTPStatus.OK and "version" in await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def has(self, model: str) -> bool:
        """Say whether it has a model."""
        try:
            async with self._session.post(f"{self.address}/api/show", json={"model": model}) as response:
                return response.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._failed(error) from error

    async def copy(self, source: str, target: str) -> None:
        """Give a model another name besides its own."""
        body = {"source": source, "destination": target}
        try:
            async with self._session.post(f"{self.address}/api/copy", json=body) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._failed(error) from error

    async def digest(self, model: str) -> str | None:
        """Return a model's digest, or None where it is not listed."""
        try:
            async with self._session.get(f"{self.address}/api/tags") as response:
                listed = _List.model_validate_json(await response.read())
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            raise self._failed(error) from error
        return next((each.digest for each in listed.models if each.name in {model, f"{model}:latest"}), None)

    async def pull(self, model: str, *, insecure: bool) -> AsyncIterator[ModelProgress]:
        """Fetch a model, and yield how far that is over the layers that it has named so far.

        Raises KubeloreError MODEL_SOURCE_NOT_FOUND or MODEL_SOURCE_UNREACHABLE with Ollama's own words.
        """
        layers: dict[str, _PullLine] = {}
        async for line in self._pull_lines(model, insecure=insecure):
            if line.error is not None:
                raise _not_pulled(model, line.error)
            if line.digest is not None and line.total is not None:
                layers[line.digest] = line
                yield _sum(layers)

    async def _pull_lines(self, model: str, *, insecure: bool) -> AsyncIterator[_PullLine]:
        body = {"model": model, "insecure": insecure, "stream": True}
        try:
            async with self._session.post(f"{self.address}/api/pull", json=body, timeout=_PULL_TIMEOUT) as response:
                async for line in response.content:
                    yield _PullLine.model_validate_json(line)
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> KubeloreError:
        return KubeloreError(ErrorCode.ENGINE_FAILED, f"Ollama at {self.address}", str(error) or type(error).__name__)


@asynccontextmanager
async def open_ollama(address: str) -> AsyncIterator[OllamaClient]:
    """Yield a client of the Ollama at an address."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT, read_bufsize=_LONGEST_LINE_BYTES) as session:
        yield OllamaClient(address, session)


def _sum(layers: dict[str, _PullLine]) -> ModelProgress:
    done = sum(layer.completed for layer in layers.values())
    return ModelProgress(bytes_done=done, bytes_total=sum(layer.total or 0 for layer in layers.values()))


def _not_pulled(model: str, words: str) -> KubeloreError:
    is_missing = any(sign in words for sign in _NOT_THERE)
    code = ErrorCode.MODEL_SOURCE_NOT_FOUND if is_missing else ErrorCode.MODEL_SOURCE_UNREACHABLE
    return KubeloreError(code, f"model {model}", f"Ollama says: {words}")
