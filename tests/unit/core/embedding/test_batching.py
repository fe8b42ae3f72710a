from hypothesis import given
from hypothesis import strategies as st

from kubelore.embedding.batching import token_budget_batches

LENGTHS = st.lists(st.integers(min_value=1, max_value=600), max_size=200)
BUDGETS = st.integers(min_value=1, max_value=2000)


@given(LENGTHS, BUDGETS)
def test_every_text_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    batches = list(token_budget_batches(lengths, budget))

    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))


@given(LENGTHS, BUDGETS)
def test_a_padded_batch_keeps_the_budget_unless_one_text_alone_exceeds_it(lengths: list[int], budget: int) -> None:
    for batch in token_budget_batches(lengths, budget):
        padded = len(batch) * max(lengths[index] for index in batch)

        assert padded <= budget or len(batch) == 1


@given(LENGTHS, BUDGETS)
def test_a_batch_ends_only_where_the_next_text_would_not_fit(lengths: list[int], budget: int) -> None:
    batches = list(token_budget_batches(lengths, budget))

    for batch in batches[:-1]:
        assert (len(batch) + 1) * lengths[batch[0]] > budget


def test_texts_of_like_length_share_a_batch() -> None:
    assert list(token_budget_batches([5, 100, 6, 99], 200)) == [[1, 3], [2, 0]]
