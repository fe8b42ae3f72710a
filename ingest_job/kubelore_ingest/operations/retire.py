"""Removes the generations that nobody needs any more."""

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.job import Job


def retire(job: Job) -> None:
    """Drop the collections and the kept rows of all generations but those to keep; doing it again is fine.

    Raises VECTOR_STORE_REFUSED where the alias stands for one of them: it would answer nothing.
    """
    keep = {job.names.collection(generation) for generation in job.spec.keep}
    target = job.patiently(lambda: job.vectors.alias_target(job.names.alias))
    for collection in job.patiently(lambda: job.vectors.collections(job.names.alias)):
        if collection not in keep:
            _refuse_if_it_answers(collection, target)
            job.vectors.drop_collection(collection)
    job.patiently(lambda: job.objects.delete(_outdated_chunks(job)))


def _refuse_if_it_answers(collection: str, target: str | None) -> None:
    if collection == target:
        detail = "it is the one that answers"
        raise KubeloreError(ErrorCode.VECTOR_STORE_REFUSED, f"collection {collection}", detail)


def _outdated_chunks(job: Job) -> list[str]:
    kept = tuple(job.layout.chunks_of(generation) for generation in job.spec.keep)
    return [info.key for info in job.objects.list(job.layout.all_chunks) if not info.key.startswith(kept)]
