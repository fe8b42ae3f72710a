"""Proves that exactly the rows are there that the documents' records ask for, or says which are not."""

from kubelore.documents.result import Verification
from kubelore_ingest.job import Job
from kubelore_ingest.operations.collection import alias_is_right, is_there
from kubelore_ingest.operations.inventory import Inventory, take_inventory
from kubelore_ingest.operations.whole import put_right
from kubelore_ingest.reporting.tally import Tally

_MOST_EXAMPLES = 5
_LONGEST_EXAMPLE = 200


def verify(job: Job, tally: Tally) -> Verification:
    """Compare, and put right what doesn't fit where the job says so.

    A collection that is missing as a whole is only told of: filling it again is `rebuild`'s.
    """
    missing = _missing(job)
    if not is_there(job):
        return Verification(missing=missing)
    found = take_inventory(job)
    tally.expect(found.documents)
    left = _repaired(job, found, tally) if job.spec.repair and not found.is_clean else found
    return verification_of(found, left, missing)


def _missing(job: Job) -> tuple[str, ...]:
    collection = () if is_there(job) else ("collection",)
    return collection if alias_is_right(job) else (*collection, "alias")


def _repaired(job: Job, found: Inventory, tally: Tally) -> Inventory:
    put_right(job, found, tally)
    return take_inventory(job)


def verification_of(found: Inventory, left: Inventory, missing: tuple[str, ...] = ()) -> Verification:
    """Report what was found, and what was left of it in the end."""
    wrong = len(found.gaps) + len(found.orphans)
    gaps = [f"rows of {gap.source[:_LONGEST_EXAMPLE]} are missing" for gap in found.gaps[:_MOST_EXAMPLES]]
    orphans = [f"rows of document {orphan}, which is gone, are left" for orphan in found.orphans[:_MOST_EXAMPLES]]
    return Verification(
        documents=found.documents,
        rows=found.rows,
        gaps=len(found.gaps),
        orphans=len(found.orphans),
        repaired=max(0, wrong - len(left.gaps) - len(left.orphans)),
        missing=missing,
        examples=tuple([*gaps, *orphans][:_MOST_EXAMPLES]),
    )
