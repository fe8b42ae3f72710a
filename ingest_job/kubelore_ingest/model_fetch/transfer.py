"""Brings a file's missing bytes over the network, over as many attempts as that takes."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from http import HTTPStatus

import aiohttp

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.retry import retrying
from kubelore_ingest.model_fetch.limits import Limits
from kubelore_ingest.model_fetch.part_file import PartFile
from kubelore_ingest.model_fetch.probe import probe, starts_at, validator_of
from kubelore_ingest.model_fetch.progress import Meter
from kubelore_ingest.model_fetch.segments import Segment
from kubelore_ingest.model_fetch.web import Web, open_web, source_error

_MOST_CHANGES = 2
"""Two servers that call the same content differently look like one whose content changes all the time."""

_READ_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class _SourceChangedError(Exception):
    """The server has other content than the part file."""


class Transfer:
    """One file on its way."""

    def __init__(self, part: PartFile, limits: Limits, meter: Meter) -> None:
        self._part = part
        self._limits = limits
        self._meter = meter
        self._furthest = part.bytes_done
        self._changes = 0

    def run(self) -> None:
        """Bring every missing byte.

        Passing errors are waited out for as long as bytes arrive, and for `patience_seconds` after the last one
        that did; then, and for those that stay, a KubeloreError is raised as by `Web.get`.
        """
        while not retrying(self._step, seconds=self._limits.patience_seconds):
            pass

    def _step(self) -> bool:
        """Make one attempt; one that broke off further than any before is worth another at once."""
        try:
            asyncio.run(self._attempt())
        except KubeloreError as error:
            if not error.kind.retryable or self._part.bytes_done <= self._furthest:
                raise
            self._furthest = self._part.bytes_done
            _log.warning("the download broke off, and goes on", extra={"cause": error.message})
            return False
        return True

    async def _attempt(self) -> None:
        async with open_web(self._limits.silence_seconds) as web:
            try:
                async with self._checkpoints():
                    await self._receive(web)
            except _SourceChangedError as error:
                await self._start_over(web)
                raise source_error(
                    ErrorCode.MODEL_SOURCE_UNREACHABLE, self._url, "its content changed while it was fetched"
                ) from error

    @property
    def _url(self) -> str:
        return self._part.found.remote.url

    async def _start_over(self, web: Web) -> None:
        found = await probe(web, self._part.found.remote)
        self._changes += 1
        if self._changes >= _MOST_CHANGES:
            found = replace(found, takes_ranges=False)
        self._meter.add(-self._part.bytes_done)
        self._part.start_over(found)

    async def _receive(self, web: Web) -> None:
        """Let several streams work off the segments; one that breaks leaves the others working."""
        waiting = deque(index for index, segment in enumerate(self._part.segments) if not segment.is_done)
        count = min(self._limits.streams, len(waiting))
        streams = [asyncio.create_task(self._work_off(web, waiting)) for _ in range(count)]
        try:
            broken = [error for error in await asyncio.gather(*streams) if error is not None]
        finally:
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
        if broken:
            raise broken[0]

    async def _work_off(self, web: Web, waiting: deque[int]) -> KubeloreError | None:
        while waiting:
            try:
                await self._fill(web, waiting.popleft())
            except KubeloreError as error:
                if not error.kind.retryable:
                    raise
                return error
        return None

    async def _fill(self, web: Web, index: int) -> None:
        found = self._part.found
        if not found.is_resumable:
            self._meter.add(-self._part.empty(index))
        segment = self._part.segments[index]
        headers = _range_headers(segment, found.validator) if found.is_resumable else {}
        async with web.get(found.remote.url, found.remote.token, headers) as response:
            self._check(response, segment)
            async for data in response.content.iter_chunked(_READ_BYTES):
                self._meter.add(self._part.write(index, data))
                if self._part.segments[index].is_done:
                    return
        self._take_end(index)

    def _check(self, response: aiohttp.ClientResponse, segment: Segment) -> None:
        found = self._part.found
        if not found.is_resumable:
            is_same = response.status == HTTPStatus.OK and found.size in {None, response.content_length}
        else:
            is_same = (
                response.status == HTTPStatus.PARTIAL_CONTENT
                and starts_at(response.headers) == segment.start + segment.done
                and found.validator in {None, validator_of(response.headers)}
            )
        if not is_same:
            raise _SourceChangedError

    def _take_end(self, index: int) -> None:
        if self._part.segments[index].missing is None:
            self._part.end_here(index)
        else:
            raise source_error(ErrorCode.MODEL_SOURCE_UNREACHABLE, self._url, "its answer broke off")

    @asynccontextmanager
    async def _checkpoints(self) -> AsyncIterator[None]:
        """Save the part file now and then while the block works, and at its end."""
        is_over = asyncio.Event()
        saving = asyncio.create_task(self._save_until(is_over))
        try:
            yield
        finally:
            is_over.set()
            await saving

    async def _save_until(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), self._limits.seconds_between_checkpoints)
            await asyncio.to_thread(self._part.save, self._part.segments)


def _range_headers(segment: Segment, validator: str | None) -> dict[str, str]:
    last = "" if segment.end is None else segment.end - 1
    wanted = {"Range": f"bytes={segment.start + segment.done}-{last}"}
    return wanted | ({"If-Range": validator} if validator else {})
