"""Makes a generation whole: every document that has a record is found by it, and nothing else."""

from dataclasses import replace

from kubelore_ingest.job import Job
from kubelore_ingest.operations.align import Aligner, batches
from kubelore_ingest.operations.inventory import Inventory, take_inventory
from kubelore_ingest.operations.workbench import Workbench
from kubelore_ingest.reporting.tally import Tally


def make_whole(job: Job, tally: Tally) -> Inventory:
    """Bring in what is missing, take out what is too much, and return what still doesn't fit."""
    settled = replace(job, in_flight_seconds=0.0)
    found = take_inventory(settled)
    tally.expect(len(found.gaps))
    put_right(settled, found, tally)
    return found if found.is_clean else take_inventory(settled)


def put_right(job: Job, found: Inventory, tally: Tally) -> None:
    """Bring in what an inventory found missing, and take out what it found too much."""
    with Workbench(job) as workbench:
        aligner = Aligner(job, workbench, tally)
        for orphan in found.orphans:
            aligner.clear(orphan)
        for batch in batches(found.gaps):
            aligner.align(batch)
