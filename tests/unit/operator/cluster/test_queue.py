import asyncio

import pytest

from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.queue import WorkQueue

A, B, C = (ResourceKey("IngestTask", "team-a", name) for name in "abc")


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    return WorkQueue(clock)


def taken(queue: WorkQueue) -> list[ResourceKey]:
    keys = []
    while (key := queue.take()) is not None:
        keys.append(key)
    return keys


def test_keys_come_in_the_order_in_which_they_were_added(queue: WorkQueue) -> None:
    for key in (C, A, B):
        queue.add(key)

    assert taken(queue) == [C, A, B]


def test_a_key_that_waits_already_is_there_once(queue: WorkQueue) -> None:
    for key in (A, B, A, A):
        queue.add(key)

    assert len(queue) == 2
    assert taken(queue) == [A, B]


def test_a_key_is_never_given_to_two_workers(queue: WorkQueue) -> None:
    queue.add(A)
    queue.take()

    queue.add(A)

    assert queue.take() is None


def test_a_key_that_is_added_while_it_is_worked_on_comes_again_once(queue: WorkQueue) -> None:
    queue.add(A)
    queue.take()
    queue.add(A)
    queue.add(A)

    queue.done(A)

    assert taken(queue) == [A]


def test_a_key_that_was_not_added_again_does_not_come_again(queue: WorkQueue) -> None:
    queue.add(A)
    queue.take()

    queue.done(A)

    assert queue.take() is None


def test_a_key_for_later_comes_when_its_time_has_come(queue: WorkQueue, clock: Clock) -> None:
    queue.add_after(A, 5)

    assert queue.take() is None
    clock.now += 5
    assert queue.take() == A


def test_of_two_times_the_earlier_one_counts_whichever_came_first(queue: WorkQueue, clock: Clock) -> None:
    queue.add_after(A, 5)
    queue.add_after(A, 1)
    queue.add_after(A, 9)

    clock.now += 1

    assert taken(queue) == [A]
    queue.done(A)
    clock.now += 10
    assert queue.take() is None


def test_a_key_that_comes_at_once_does_not_come_later_as_well(queue: WorkQueue, clock: Clock) -> None:
    queue.add_after(A, 5)
    queue.add(A)
    assert taken(queue) == [A]
    queue.done(A)

    clock.now += 6

    assert queue.take() is None


def test_a_key_that_fails_waits_twice_as_long_each_time(queue: WorkQueue) -> None:
    assert [queue.retry(A) for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]


def test_waits_have_an_end(queue: WorkQueue) -> None:
    waits = [queue.retry(A) for _ in range(2000)]

    assert waits[-1] == 300.0


def test_one_keys_failures_are_not_anothers(queue: WorkQueue) -> None:
    queue.retry(A)
    queue.retry(A)

    assert queue.retry(B) == 0.5


def test_success_is_not_held_against_a_key(queue: WorkQueue) -> None:
    queue.retry(A)
    queue.retry(A)

    queue.forget(A)

    assert queue.retry(A) == 0.5


def test_a_change_does_not_wait_for_the_next_attempt(queue: WorkQueue) -> None:
    for _ in range(8):
        queue.retry(A)

    queue.add(A)

    assert queue.take() == A


async def test_a_waiting_worker_is_woken_by_a_key() -> None:
    queue = WorkQueue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)

    queue.add(A)

    assert await asyncio.wait_for(waiting, 5) == A


async def test_a_waiting_worker_is_woken_when_a_keys_time_has_come() -> None:
    queue = WorkQueue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)

    queue.add_after(A, 0.01)

    assert await asyncio.wait_for(waiting, 5) == A


async def test_many_workers_share_many_keys_and_no_key_is_worked_on_twice_at_once() -> None:
    queue = WorkQueue()
    keys = [ResourceKey("IngestTask", "team-a", str(number)) for number in range(200)]
    busy: set[ResourceKey] = set()
    left = set(keys)
    finished = asyncio.Event()

    async def work() -> None:
        while True:
            key = await queue.get()
            assert key not in busy
            busy.add(key)
            await asyncio.sleep(0)
            busy.discard(key)
            queue.done(key)
            left.discard(key)
            if not left:
                finished.set()

    workers = [asyncio.create_task(work()) for _ in range(8)]
    for key in keys * 3:
        queue.add(key)
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await finished.wait()
    for worker in workers:
        assert not worker.done()
        worker.cancel()
