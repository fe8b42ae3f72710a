"""Removes all that a knowledge base owns."""

from kubelore_ingest.job import Job


def purge(job: Job) -> None:
    """Drop the alias and its collections, then every object that the knowledge base keeps; doing it again is fine."""
    job.patiently(lambda: job.vectors.drop_all(job.names.alias))
    job.patiently(lambda: job.objects.delete(_owned_keys(job)))


def _owned_keys(job: Job) -> list[str]:
    """List what is the knowledge base's own; source documents may lie under the same prefix."""
    return [info.key for info in job.objects.list(job.layout.root) if job.layout.owns(info.key)]
