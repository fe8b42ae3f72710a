"""Makes a generation's collection."""

from kubelore.embedding.factory import make_embedder
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.interface import CollectionSpec
from kubelore_ingest.job import Job


def ensure_collection(job: Job, dimension: int) -> None:
    """Create the collection where it is missing; raises EMBEDDING_DIMENSION where the vectors don't fit."""
    index = job.spec.index
    collection = CollectionSpec(
        name=job.collection,
        dimension=dimension,
        profile=index.profile,
        m=index.m,
        ef_construction=index.ef_construction,
        nlist=index.nlist,
    )
    job.patiently(lambda: job.vectors.ensure_collection(collection))


def dimension_of_model(job: Job) -> int:
    """Ask the embedder how long its vectors are."""
    embedder = make_embedder(job.spec.embedding, job.settings, job.settings.embedding_api_key)
    try:
        return job.patiently(lambda: embedder.dimension)
    finally:
        embedder.close()


def dimension_of_kept_rows(job: Job) -> int | None:
    """Return how long the vectors are that are kept and taken over, or None where there are none."""
    for generation in (job.spec.generation, *job.spec.reuse):
        dimension = _dimension_of_one(job, generation)
        if dimension is not None:
            return dimension
    return None


def _dimension_of_one(job: Job, generation: int) -> int | None:
    from kubelore_ingest.kept_rows import read_rows  # noqa: PLC0415 - pyarrow: only where rows are read

    prefix = job.layout.chunks_of(generation)
    key = job.patiently(lambda: next((info.key for info in job.objects.list(prefix)), None))
    if key is None:
        return None
    kept = read_rows(job.patiently(lambda: job.objects.get(key)))
    return len(kept.rows[0].vector) if kept is not None and kept.rows else None


def is_there(job: Job) -> bool:
    """Say whether the generation has its collection."""
    return job.collection in job.patiently(lambda: job.vectors.collections(job.names.alias))


def alias_is_right(job: Job) -> bool:
    """Say whether the knowledge base's alias stands for the generation."""
    return job.patiently(lambda: job.vectors.alias_target(job.names.alias)) == job.collection


def point_alias(job: Job) -> None:
    """Have every search answered by the generation."""
    job.patiently(lambda: job.vectors.point_alias(job.names.alias, job.collection))


def incomplete(job: Job, detail: str) -> KubeloreError:
    """Say that the generation can't answer yet."""
    return KubeloreError(ErrorCode.GENERATION_INCOMPLETE, f"collection {job.collection}", detail)
