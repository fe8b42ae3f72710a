import threading

import pytest

from kubelore.embedding.batch_threads import Batch, BatchThreads

SECONDS = 30


def test_as_many_batches_are_computed_at_once_as_there_are_threads() -> None:
    all_there = threading.Barrier(2, timeout=SECONDS)

    BatchThreads(2).run(lambda _: all_there.wait() and None, [[1], [2], [3], [4]])

    assert not all_there.broken


def test_every_batch_is_computed_once() -> None:
    computed: list[Batch] = []

    BatchThreads(3).run(computed.append, ([number] for number in range(50)))

    assert sorted(computed) == [[number] for number in range(50)]


def test_a_single_batch_is_computed_in_the_callers_thread() -> None:
    threads: list[threading.Thread] = []

    BatchThreads(2).run(lambda _: threads.append(threading.current_thread()), [[1, 2]])

    assert threads == [threading.current_thread()]


def test_an_error_of_a_batch_is_raised() -> None:
    def fail(batch: Batch) -> None:
        raise ValueError(str(batch))

    with pytest.raises(ValueError, match="1"):
        BatchThreads(2).run(fail, [[1], [2]])
