"""Groups texts of like length, so that little is computed for padding."""

from collections.abc import Iterator, Sequence


def token_budget_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield batches of indices into `lengths`, longest texts first; every index is in exactly one batch.

    A batch's padded size, its number of texts times its longest length, is at most `budget` tokens; a text that
    is longer than that is a batch of its own.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
