import hashlib

import pytest

from kubelore.vectorstore.filters import And
from kubelore.vectorstore.id_ranges import beginning_with, longer, prefixes


@pytest.mark.parametrize(
    ("rows", "ranges"), [(0, 1), (1, 1), (50, 1), (51, 16), (800, 16), (801, 256), (10_000_000, 16**5)]
)
def test_there_are_as_many_ranges_as_it_takes(rows: int, ranges: int) -> None:
    assert len(prefixes(rows, most=100)) == ranges


def test_every_id_is_in_one_range() -> None:
    ids = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(1000)]
    ranges = prefixes(1000, most=100)
    assert all(sum(each.startswith(prefix) for prefix in ranges) == 1 for each in ids)
    assert all(sum(each.startswith(prefix) for prefix in longer(each[:2])) == 1 for each in ids)


def test_the_range_of_everything_filters_nothing() -> None:
    assert beginning_with("") == And(())
