"""Fills an emptied vector store again from the rows that are kept, without embedding."""

from kubelore.documents.result import Verification
from kubelore_ingest.job import Job
from kubelore_ingest.operations.collection import (
    dimension_of_kept_rows,
    dimension_of_model,
    ensure_collection,
    point_alias,
)
from kubelore_ingest.operations.verify import verification_of
from kubelore_ingest.operations.whole import make_whole
from kubelore_ingest.reporting.tally import Tally


def rebuild(job: Job, tally: Tally) -> Verification:
    """Make the collection and the alias where they are missing, fill in every row that is, and say what is not there.

    Only a document whose rows are not kept either is cut and embedded anew; one that can't be is counted as failed,
    and the others are found.
    """
    ensure_collection(job, dimension_of_kept_rows(job) or dimension_of_model(job))
    left = make_whole(job, tally)
    point_alias(job)
    return verification_of(left, left)
