from kubelore_api.rag.filter import relevant
from support.hits import hit


def test_what_scores_below_the_threshold_is_left_out() -> None:
    kept = relevant([hit("good", 0.7), hit("just", 0.5), hit("bad", 0.49)], threshold=0.5, most=5)
    assert [each.row.id for each in kept] == ["good", "just"]


def test_at_most_so_many_are_kept() -> None:
    assert len(relevant([hit(str(number)) for number in range(9)], threshold=0, most=3)) == 3


def test_a_score_of_zero_is_never_relevant() -> None:
    assert relevant([hit("none", 0.0)], threshold=0.0, most=5) == []
