import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest

from kubelore.embedding.interface import Vectors
from kubelore.embedding.tokenizer import TokenIds
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_embedder.batcher import Batcher

Embed = Callable[[Sequence[TokenIds]], Vectors]


def _first_tokens(texts: Sequence[TokenIds]) -> Vectors:
    """Stand in for a model: a text's vector is its first token's id."""
    return np.array([[text[0]] for text in texts], dtype=np.float32).reshape(len(texts), 1)


class HeldModel:
    """A stand-in for a model that answers when it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[TokenIds]] = []
        self.asked = asyncio.Event()
        self.answers = threading.Event()
        self._loop = asyncio.get_running_loop()

    def embed(self, texts: Sequence[TokenIds]) -> Vectors:
        self.batches.append(list(texts))
        self._loop.call_soon_threadsafe(self.asked.set)
        assert self.answers.wait(10)
        return _first_tokens(texts)


@asynccontextmanager
async def _running(embed: Embed) -> AsyncIterator[Batcher[TokenIds]]:
    batcher: Batcher[TokenIds] = Batcher(embed)
    worker = asyncio.create_task(batcher.run())
    try:
        async with asyncio.timeout(10):
            yield batcher
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


async def _waiting(
    batcher: Batcher[TokenIds], *requests: Sequence[TokenIds], urgent: bool = True
) -> list[asyncio.Task[Vectors]]:
    """Send requests, and return once they all stand in the queue."""
    tasks = [asyncio.create_task(batcher.compute(request, urgent=urgent)) for request in requests]
    await asyncio.sleep(0)
    return tasks


async def test_requests_that_arrive_meanwhile_are_embedded_together() -> None:
    model = HeldModel()
    async with _running(model.embed) as batcher:
        first = await _waiting(batcher, [(1,)])
        await model.asked.wait()
        others = await _waiting(batcher, [(2,), (3,)], [], [(4,)])
        model.answers.set()
        vectors = await asyncio.gather(*first, *others)

    assert model.batches == [[(1,)], [(2,), (3,), (4,)]]
    assert [array.tolist() for array in vectors] == [[[1]], [[2], [3]], [], [[4]]]


async def test_the_model_is_given_no_more_than_full_batches() -> None:
    model = HeldModel()
    async with _running(model.embed) as batcher:
        first = await _waiting(batcher, [(1,)])
        await model.asked.wait()
        others = await _waiting(batcher, *([(number,)] * 50 for number in (2, 3, 4)))
        model.answers.set()
        vectors = await asyncio.gather(*first, *others)

    assert [len(batch) for batch in model.batches] == [1, 64, 64, 22]
    assert [(array.shape, set(array.flatten().tolist())) for array in vectors[1:]] == [
        ((50, 1), {2.0}),
        ((50, 1), {3.0}),
        ((50, 1), {4.0}),
    ]


async def test_a_question_goes_before_bulk_that_came_earlier() -> None:
    model = HeldModel()
    async with _running(model.embed) as batcher:
        bulk = await _waiting(batcher, [(1,)] * 200, urgent=False)
        await model.asked.wait()
        question = await _waiting(batcher, [(2,)])
        model.answers.set()
        await asyncio.gather(*bulk, *question)

    assert (2,) not in model.batches[0]
    assert model.batches[1][0] == (2,)
    assert [len(batch) for batch in model.batches] == [64, 64, 64, 9]


async def test_bulk_gets_its_turn_among_many_questions() -> None:
    model = HeldModel()
    async with _running(model.embed) as batcher:
        first = await _waiting(batcher, [(1,)])
        await model.asked.wait()
        bulk = await _waiting(batcher, [(2,)], urgent=False)
        questions = await _waiting(batcher, *([(3,)] * 64 for _ in range(8)))
        model.answers.set()
        await asyncio.gather(*first, *bulk, *questions)

    assert [(2,) in batch for batch in model.batches].index(True) == 5


async def test_an_error_reaches_every_request_of_its_batch_and_no_later_one() -> None:
    calls: list[int] = []

    def fail_once(texts: Sequence[TokenIds]) -> Vectors:
        calls.append(len(texts))
        if len(calls) == 1:
            raise MemoryError
        return _first_tokens(texts)

    async with _running(fail_once) as batcher:
        tasks = await _waiting(batcher, [(1,)], [(2,)])
        results = await asyncio.gather(*tasks, return_exceptions=True)
        later = await batcher.compute([(3,)], urgent=True)

    assert [type(result) for result in results] == [MemoryError, MemoryError]
    assert later.tolist() == [[3]]


async def test_a_client_that_left_does_not_disturb_the_others() -> None:
    model = HeldModel()
    async with _running(model.embed) as batcher:
        (gone, staying) = await _waiting(batcher, [(1,)], [(2,)])
        await model.asked.wait()
        gone.cancel()
        model.answers.set()

        assert (await staying).tolist() == [[2]]


async def test_too_many_waiting_requests_are_refused_at_once() -> None:
    batcher: Batcher[TokenIds] = Batcher(_first_tokens)
    waiting = await _waiting(batcher, *([[(1,)]] * 256))

    with pytest.raises(KubeloreError, match="256 requests") as refusal:
        await batcher.compute([(1,)], urgent=True)

    assert refusal.value.code is ErrorCode.EMBEDDER_UNREACHABLE
    for task in waiting:
        task.cancel()
