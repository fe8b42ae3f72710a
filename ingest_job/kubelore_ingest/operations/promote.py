"""Has a generation answer, once it is proven to hold every document."""

from kubelore_ingest.job import Job
from kubelore_ingest.operations.collection import (
    dimension_of_kept_rows,
    dimension_of_model,
    ensure_collection,
    incomplete,
    point_alias,
)
from kubelore_ingest.operations.inventory import Inventory
from kubelore_ingest.operations.whole import make_whole
from kubelore_ingest.reporting.tally import Tally


def promote(job: Job, tally: Tally) -> int:
    """Bring in what has come since it was filled, and point the alias to it if then all counts match.

    Returns the length of its vectors. Raises GENERATION_INCOMPLETE where counts don't match; the alias then stays
    where it is.
    """
    dimension = dimension_of_kept_rows(job) or dimension_of_model(job)
    ensure_collection(job, dimension)
    left = make_whole(job, tally)
    if not left.is_clean:
        raise incomplete(job, _what_is_wrong(left, tally))
    job.patiently(job.vectors.settle)
    point_alias(job)
    return dimension


def _what_is_wrong(left: Inventory, tally: Tally) -> str:
    first = f": {tally.failures[0].message}" if tally.failures else ""
    return f"{len(left.gaps)} of {left.documents} documents are missing, {len(left.orphans)} are too much{first}"
