from datetime import UTC, datetime, timedelta, timezone

from kubelore.clock import Deadline, now, timestamp


def test_a_timestamp_is_written_as_kubernetes_writes_it() -> None:
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=8)))

    assert timestamp(moment) == "2026-11-21T01:30:00Z"


def test_now_has_whole_seconds_in_utc() -> None:
    assert now().microsecond == 0
    assert now().tzinfo is UTC


def test_a_deadline_passes_when_its_seconds_are_over_and_never_falls_below_zero() -> None:
    seconds = 100.0
    deadline = Deadline(2, lambda: seconds)
    assert (deadline.remaining, deadline.passed) == (2, False)

    seconds = 103.0
    assert (deadline.remaining, deadline.passed) == (0, True)
