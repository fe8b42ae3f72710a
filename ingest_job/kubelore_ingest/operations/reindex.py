"""Fills a generation from the documents that are kept, while another one answers."""

from kubelore_ingest.job import Job
from kubelore_ingest.operations.align import Aligner, batches
from kubelore_ingest.operations.collection import dimension_of_kept_rows, dimension_of_model, ensure_collection
from kubelore_ingest.operations.workbench import Workbench
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.sources.sharing import belongs_to
from kubelore_ingest.steps import record


def reindex(job: Job, tally: Tally) -> None:
    """Work a share of the documents; what an earlier attempt kept is not embedded again."""
    ensure_collection(job, dimension_of_kept_rows(job) or dimension_of_model(job))
    share = [each for each in record.all_records(job) if each.has_rows and _is_ours(job, each.document_id)]
    tally.expect(len(share))
    with Workbench(job) as workbench:
        aligner = Aligner(job, workbench, tally)
        for batch in batches(share):
            if job.stop:
                break
            aligner.align(batch)


def _is_ours(job: Job, document_id: str) -> bool:
    return belongs_to(document_id, job.shard, job.spec.shards)
