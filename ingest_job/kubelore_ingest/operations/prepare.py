"""Makes what a knowledge base stands on: its bucket, its collection and its alias."""

from kubelore.documents.result import TerminationMessage
from kubelore_ingest.job import Job
from kubelore_ingest.operations.collection import dimension_of_model, ensure_collection


def prepare(job: Job) -> TerminationMessage:
    """Create what is missing, and say what was learned; raises EMBEDDING_DIMENSION where the vectors don't fit."""
    job.patiently(job.objects.ensure)
    dimension, alias = dimension_of_model(job), job.names.alias
    ensure_collection(job, dimension)
    if job.patiently(lambda: job.vectors.alias_target(alias)) is None:
        job.patiently(lambda: job.vectors.point_alias(alias, job.collection))
    abilities = job.patiently(job.vectors.abilities)
    return TerminationMessage(collection=alias, dimension=dimension, abilities=abilities.names())
