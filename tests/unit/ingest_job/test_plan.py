from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from kubelore.documents.plan import PlannedDocument, ShardPlan, read_documents, write_documents
from kubelore_ingest.operations.plan import MOST_SHARDS, PartLimit, cut

LIMIT = PartLimit(documents=10, bytes=1000)


def documents(*sizes: int) -> list[PlannedDocument]:
    return [PlannedDocument(f"docs/{number}.md", f"etag-{number}", size) for number, size in enumerate(sizes)]


@given(st.lists(st.integers(0, 1500), max_size=120), st.integers(1, 8))
def test_every_document_is_in_exactly_one_part_in_order(sizes: list[int], workers: int) -> None:
    planned = documents(*sizes)

    assert list(chain.from_iterable(cut(iter(planned), workers, LIMIT))) == planned


@given(st.integers(0, 79), st.integers(1, 8))
def test_few_documents_are_cut_so_that_every_worker_gets_some(count: int, workers: int) -> None:
    parts = list(cut(iter(documents(*[1] * count)), workers, LIMIT))

    assert len(parts) <= max(workers, -(-count // LIMIT.documents))
    assert len(parts) >= min(count, workers) // 2


def test_a_part_is_full_at_so_many_documents_or_bytes() -> None:
    many = cut(iter(documents(*[1] * 35)), 1, LIMIT)
    large = cut(iter(documents(900, 200, 5000, 1)), 1, LIMIT)

    assert [len(part) for part in many] == [10, 10, 10, 5]
    assert [len(part) for part in large] == [2, 1, 1]


def test_ten_thousand_small_documents_take_at_most_five_hundred_pods() -> None:
    for workers in (2, 500):
        parts = list(cut(iter(documents(*[10_000] * 10_000)), workers))

        assert len(parts) <= MOST_SHARDS


def test_a_listing_is_not_held_whole() -> None:
    listed = 0

    def listing() -> "chain[PlannedDocument]":
        def count(document: PlannedDocument) -> PlannedDocument:
            nonlocal listed
            listed += 1
            return document

        return chain(map(count, documents(*[1] * 5000)))

    next(cut(listing(), 2, LIMIT))

    assert listed <= 30


def test_the_parts_of_all_shards_are_all_parts() -> None:
    plan = ShardPlan(shards=3, parts=(5, 5, 5, 5, 2))

    assert sorted(part for shard in range(3) for part in plan.parts_of(shard)) == [0, 1, 2, 3, 4]
    assert [plan.documents_of(shard) for shard in range(3)] == [10, 7, 5]
    assert plan.summary.documents == 22


def test_a_plan_without_documents_has_no_shards() -> None:
    plan = ShardPlan(shards=0, parts=())

    assert list(plan.parts_of(0)) == []
    assert (plan.summary.shards, plan.summary.documents) == (0, 0)


@given(st.text(), st.text(), st.integers(0))
def test_documents_are_read_as_they_were_written(source: str, etag: str, size: int) -> None:
    planned = [PlannedDocument(source, etag, size), PlannedDocument("a\nb\u2028c.md")]

    assert list(read_documents(write_documents(planned))) == planned
