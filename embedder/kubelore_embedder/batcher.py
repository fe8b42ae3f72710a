"""Puts the texts of concurrent requests into common batches."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kubelore.embedding.interface import Vectors
from kubelore.embedding.tokenizer import TokenIds
from kubelore.errors import ErrorCode, KubeloreError

_MOST_WAITING_REQUESTS = 256
_TEXTS_TOGETHER = 64
"""Requests are joined until there are so many texts: enough for full batches, and soon done."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    texts: Sequence[TokenIds]
    answer: asyncio.Future[Vectors]


class Batcher:
    """Runs the model in one thread; requests that arrive meanwhile are embedded together after that.

    The model itself uses all cores for a batch, so a second one at the same time would gain nothing.
    """

    def __init__(self, embed: Callable[[Sequence[TokenIds]], Vectors]) -> None:
        """Embed with `embed`, which is called in a thread, once at a time."""
        self._embed = embed
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(_MOST_WAITING_REQUESTS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def embed(self, texts: Sequence[TokenIds]) -> Vectors:
        """Return the vectors of one request's texts; raises EMBEDDER_UNREACHABLE if too many are waiting."""
        answer: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(_Waiting(texts, answer))
        except asyncio.QueueFull as error:
            found = f"{_MOST_WAITING_REQUESTS} requests are waiting for it"
            raise KubeloreError(ErrorCode.EMBEDDER_UNREACHABLE, "the embedder", found) from error
        return await answer

    async def run(self) -> None:
        """Work until cancelled."""
        with self._thread:
            while True:
                await self._answer(await self._next_requests())

    async def _next_requests(self) -> list[_Waiting]:
        requests = [await self._waiting.get()]
        while not self._waiting.empty() and sum(len(request.texts) for request in requests) < _TEXTS_TOGETHER:
            requests.append(self._waiting.get_nowait())
        return requests

    async def _answer(self, requests: Sequence[_Waiting]) -> None:
        texts = [text for request in requests for text in request.texts]
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._embed, texts)
        await asyncio.wait([work])
        start = 0
        for request in requests:
            end = start + len(request.texts)
            _settle(request.answer, work, slice(start, end))
            start = end


def _settle(answer: asyncio.Future[Vectors], work: asyncio.Future[Vectors], rows: slice) -> None:
    """Hand the result or the error on to one request, unless its client has gone."""
    if answer.done():
        return
    error = work.exception()
    if error is None:
        answer.set_result(work.result()[rows])
    else:
        answer.set_exception(error)
