"""Documents that lie in the worker's own file system: inline text, or a key of a ConfigMap."""

from functools import partial
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import Candidate, Content
from kubelore_ingest.job import Job
from kubelore_ingest.sources.limits import check_size


def mounted_candidate(job: Job, name: str) -> Candidate:
    """Return the document of the mounted file, known by the name that the task gives it."""
    return Candidate(source=name, read=partial(_read, job, name))


def _read(job: Job, name: str) -> Content:
    path = job.mounted_source
    if path is None or not path.is_file():
        raise KubeloreError(ErrorCode.SOURCE_NOT_FOUND, f"document {name!r}", "no file of this source is mounted")
    return Content(_read_file(path, name, job.spec.max_document_bytes), file_name=name)


def _read_file(path: Path, name: str, most: int) -> bytes:
    check_size(f"document {name!r}", path.stat().st_size, most)
    return path.read_bytes()
