from datetime import UTC, datetime, timedelta

import pytest

from kubelore_cli.laptop.schedule import is_due

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "minutes", "due"),
    [
        ("*/15 * * * *", 14, False),
        ("*/15 * * * *", 15, True),
        ("0 3 * * *", 60, False),
        ("0 3 * * *", 15 * 60, True),
    ],
)
def test_a_run_is_due_when_its_next_moment_has_come(schedule: str, minutes: int, due: bool) -> None:  # noqa: FBT001
    assert is_due(schedule, NOON, NOON + timedelta(minutes=minutes)) is due


def test_what_never_ran_is_due_at_once() -> None:
    assert is_due("0 3 * * *", None, NOON)


def test_an_expression_that_names_no_moment_is_due_once() -> None:
    assert is_due("99 * * * *", None, NOON)
    assert not is_due("99 * * * *", NOON, NOON + timedelta(days=400))
