from typing import Any

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.rows import (
    MOST_BYTES_A_CALL,
    MOST_ROWS_A_CALL,
    batches,
    check_row,
    from_entity,
    to_entity,
    without_repeats,
)
from support.rows import DIMENSION, row, rows


def test_a_row_survives_the_way_to_the_engine_and_back() -> None:
    written = row(4, page=9, access_groups=("a",), metadata={"k": "v"})

    entity = to_entity(written)
    read = from_entity(entity)

    assert entity["vector"] == pytest.approx(list(written.vector))
    assert to_entity(read) | {"vector": []} == entity | {"vector": []}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vector": [0.0, float("nan")]}, "not finite"),
        ({"vector": [0.0, float("inf")]}, "not finite"),
        ({"chunk_text": "文" * 21_846}, "chunk_text"),
        ({"source": "s" * 8193}, "source"),
        ({"tenant_id": "t" * 513}, "tenant_id"),
        ({"chunk_text": "half \ud800"}, "Unicode"),
        ({"access_groups": ("g",) * 65}, "access groups"),
        ({"access_groups": ("g" * 513,)}, "access group"),
        ({"metadata": {"k": "v" * 65_536}}, "metadata"),
    ],
)
def test_a_row_that_a_server_would_refuse_is_refused_with_its_fault(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(KubeloreError) as caught:
        check_row(row(7, document="guide", **changes))

    assert caught.value.code is ErrorCode.VECTOR_STORE_REFUSED
    assert "chunk 7" in caught.value.message
    assert said in caught.value.message


def test_a_row_at_every_limit_is_taken() -> None:
    check_row(row(chunk_text="x" * 65_535, access_groups=("g" * 512,) * 64, metadata={"k": "v" * 65_000}))


def test_of_repeated_ids_the_last_stays_in_the_first_ones_place() -> None:
    kept = without_repeats([row(0, title="first"), row(1), row(0, title="last")])

    assert [(each.chunk_id, each.title) for each in kept] == [(0, "last"), (1, "Doc")]


def test_batches_are_bounded_in_rows() -> None:
    assert [len(batch) for batch in batches(rows(2 * MOST_ROWS_A_CALL + 1))] == [MOST_ROWS_A_CALL, MOST_ROWS_A_CALL, 1]


def test_batches_are_bounded_in_bytes_and_lose_nothing() -> None:
    large = rows(700, chunk_text="x" * 65_000)

    cut = list(batches(large))

    assert len(cut) > 1
    assert [each.chunk_id for batch in cut for each in batch] == list(range(700))
    assert all(sum(len(each.chunk_text) + 4 * DIMENSION for each in batch) <= MOST_BYTES_A_CALL for batch in cut)


def test_no_rows_are_no_batch() -> None:
    assert list(batches([])) == []
