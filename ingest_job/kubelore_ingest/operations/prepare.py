"""Makes what a knowledge base stands on: its bucket, its collection and its alias."""

from kubelore.documents.result import TerminationMessage
from kubelore.embedding.factory import make_embedder
from kubelore.vectorstore.interface import CollectionSpec
from kubelore_ingest.job import Job


def prepare(job: Job) -> TerminationMessage:
    """Create what is missing, and say what was learned; raises EMBEDDING_DIMENSION where the vectors don't fit."""
    job.patiently(job.objects.ensure)
    dimension, alias = _dimension(job), job.names.alias
    index = job.spec.index
    collection = CollectionSpec(
        name=job.collection,
        dimension=dimension,
        profile=index.profile,
        m=index.m,
        ef_construction=index.ef_construction,
    )
    job.patiently(lambda: job.vectors.ensure_collection(collection))
    if job.patiently(lambda: job.vectors.alias_target(alias)) is None:
        job.patiently(lambda: job.vectors.point_alias(alias, job.collection))
    abilities = job.patiently(job.vectors.abilities)
    return TerminationMessage(collection=alias, dimension=dimension, abilities=abilities.names())


def _dimension(job: Job) -> int:
    embedder = make_embedder(job.spec.embedding, job.settings, job.settings.embedding_api_key)
    try:
        return job.patiently(lambda: embedder.dimension)
    finally:
        embedder.close()
