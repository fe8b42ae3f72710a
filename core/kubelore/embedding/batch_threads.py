"""Computes batches on several threads, each batch on one."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

Batch = list[int]
"""Indices of what is computed together."""


class BatchThreads:
    """Keeps cores busy with a batch each: they wait for each other less than over the parts of one batch."""

    def __init__(self, count: int) -> None:
        """Compute on `count` threads, whoever asks."""
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="batch")

    def run(self, compute: Callable[[Batch], None], batches: Iterable[Batch]) -> None:
        """Compute every batch; a single one, such as a question, in the caller's thread."""
        waiting = list(batches)
        if len(waiting) == 1:
            compute(waiting[0])
            return
        for _ in self._pool.map(compute, waiting):
            pass
