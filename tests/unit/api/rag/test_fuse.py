import pytest

from kubelore.resources.knowledge_base import Fusion
from kubelore.vectorstore.interface import SearchResult
from kubelore_api.rag.fuse import MIDDLING_BM25, fuse, merge
from support.hits import hit


def test_with_one_route_its_order_stays() -> None:
    found = SearchResult(sparse=[hit("first", 20.0), hit("second", 3.0)])
    assert [each.row.id for each in fuse(found)] == ["first", "second"]


def test_a_row_that_both_routes_found_beats_one_that_only_one_found() -> None:
    found = SearchResult(dense=[hit("meaning", 0.6), hit("both", 0.5)], sparse=[hit("words", 12.0), hit("both", 10.0)])
    assert next(each.row.id for each in fuse(found)) == "both"


def test_a_fused_score_is_the_weighted_sum_of_the_normalised_ones() -> None:
    [fused] = fuse(SearchResult(dense=[hit("row", 0.8)], sparse=[hit("row", MIDDLING_BM25)]))
    assert fused.score == pytest.approx(0.5 * 0.8 + 0.5 * 0.5)


def test_every_score_lies_between_0_and_1() -> None:
    found = SearchResult(dense=[hit("a", 1.0000001), hit("b", -0.4)], sparse=[hit("c", 1e9), hit("d", 0.0)])
    assert all(0 <= each.score <= 1 for each in fuse(found))


def test_a_row_appears_once() -> None:
    found = SearchResult(dense=[hit("row", 0.8)], sparse=[hit("row", 9.0)])
    assert len(fuse(found)) == 1


def test_equal_scores_keep_one_order_on_every_run() -> None:
    assert [each.row.id for each in fuse(SearchResult(dense=[hit("b", 0.5), hit("a", 0.5)]))] == ["a", "b"]


def test_reciprocal_ranks_look_at_the_order_alone() -> None:
    found = SearchResult(dense=[hit("a", 0.9), hit("b", 0.89)], sparse=[hit("b", 99.0), hit("c", 0.1)])
    fused = fuse(found, Fusion.RRF)
    assert [each.row.id for each in fused] == ["b", "a", "c"]
    assert all(0 < each.score <= 1 for each in fused)


def test_the_first_of_both_routes_has_the_best_reciprocal_rank_there_is() -> None:
    assert fuse(SearchResult(dense=[hit("a", 0.1)], sparse=[hit("a", 0.1)]), Fusion.RRF)[0].score == pytest.approx(1)


def test_nothing_found_stays_nothing() -> None:
    assert fuse(SearchResult()) == []


def test_merged_rankings_keep_a_rows_best_score() -> None:
    merged = merge([[hit("row", 0.3), hit("other", 0.2)], [hit("row", 0.7)]])
    assert [(each.row.id, each.score) for each in merged] == [("row", 0.7), ("other", 0.2)]
