import threading
from collections.abc import Callable

import pytest

from kubelore_ingest.one_behind import OneBehind

SECONDS = 30


def work(take: Callable[[object], None], *calls: Callable[[], object]) -> None:
    with OneBehind(take) as behind:
        for call in calls:
            behind.start(call)


def fail() -> None:
    raise ValueError("it failed")


def test_a_call_runs_while_the_next_one_is_prepared() -> None:
    prepared = threading.Event()
    taken: list[bool] = []

    with OneBehind(taken.append) as behind:
        behind.start(lambda: prepared.wait(SECONDS))
        prepared.set()

    assert taken == [True]


def test_results_are_taken_in_order_by_the_caller_before_the_next_call_starts() -> None:
    taken: list[object] = []
    thread = threading.main_thread()

    def take(result: object) -> None:
        taken.extend((result, threading.current_thread()))

    work(take, lambda: list(taken), lambda: list(taken))

    assert taken == [[], thread, [[], thread], thread]


def test_an_error_is_raised_before_the_next_call_starts() -> None:
    started = threading.Event()

    with pytest.raises(ValueError, match="it failed"):
        work(lambda _: None, fail, started.set)

    assert not started.is_set()


def test_the_error_of_the_last_call_is_raised_at_the_end() -> None:
    with pytest.raises(ValueError, match="it failed"):
        work(lambda _: None, fail)


def test_what_was_started_is_finished_and_taken_although_preparing_the_next_fails() -> None:
    taken: list[object] = []

    def prepare_badly() -> None:
        with OneBehind(taken.append) as behind:
            behind.start(lambda: 1)
            fail()

    with pytest.raises(ValueError, match="it failed"):
        prepare_badly()

    assert taken == [1]
