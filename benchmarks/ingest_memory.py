"""Measures how much memory one worker takes for few and for many small documents."""

from collections.abc import Sequence
from pathlib import Path

from figures import show
from ingest_sides import CHUNKING, new_workshop, put_pages, require
from ingest_texts import notes
from process_cost import Cost, cost_of

from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Sync

_FOLDER = "notes/"


def measure_memory(scratch: Path, sizes: Sequence[int]) -> None:
    """Print what a sync takes, the one operation that brings all documents in by one process."""
    peaks = {}
    for size in sizes:
        cost = _sync(scratch / f"{size}-notes", size)
        peaks[size] = cost.peak_bytes
        show({f"{size} documents: seconds of a sync": cost.seconds, "MB of memory": cost.peak_bytes / 1e6})
    show(
        {
            "percent from the least to the most memory (at most 10)": 100
            * (max(peaks.values()) / min(peaks.values()) - 1)
        }
    )


def _sync(folder: Path, size: int) -> Cost:
    with new_workshop(folder) as workshop:
        put_pages(workshop, _FOLDER, notes(size))
        spec = workshop.spec(JobOperation.SYNC, chunking=CHUNKING, sync=Sync(prefix=_FOLDER), task=None)
        cost = cost_of(lambda: workshop.start(spec).process)
        require(workshop.count() == size, f"{workshop.count()} of {size} documents came in")
    return cost
