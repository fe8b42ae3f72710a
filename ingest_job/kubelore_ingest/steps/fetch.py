"""Names the documents of a source, and reads one."""

from collections.abc import Iterator

from kubelore.documents.ids import content_version
from kubelore.documents.record import DocumentRecord
from kubelore.resources.ingest_task import Source, UrlSource
from kubelore_ingest.flow import Candidate, Content, FetchedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.sources.bucket import object_candidate, planned_candidate
from kubelore_ingest.sources.mounted import mounted_candidate
from kubelore_ingest.sources.planned import count_planned, planned_documents


def is_single(source: Source) -> bool:
    """Say whether a source names exactly one document."""
    return source.prefix is None


def count_candidates(job: Job, source: Source) -> int:
    """Count the documents of this worker's share."""
    return 1 if is_single(source) else count_planned(job)


def candidates(job: Job, source: Source) -> Iterator[Candidate]:
    """Yield the documents of this worker's share, none of them read yet."""
    if source.object is not None:
        yield object_candidate(job, source.object)
    elif source.prefix is not None:
        yield from (planned_candidate(job, document) for document in planned_documents(job))
    elif source.url is not None:
        yield _url_candidate(job, source.url)
    elif source.config_map is not None:
        yield mounted_candidate(job, source.config_map.key)
    elif source.inline is not None:
        yield mounted_candidate(job, source.inline.filename)


def fetch(job: Job, candidate: Candidate, earlier: DocumentRecord | None) -> FetchedDocument:
    """Read a document; raises the SOURCE_ errors."""
    content = candidate.read()
    return FetchedDocument(
        document_id=job.document_id(candidate.source),
        candidate=candidate,
        content=content,
        version=content_version([content.data]),
        earlier=earlier,
    )


def _url_candidate(job: Job, source: UrlSource) -> Candidate:
    from kubelore_ingest.sources.url import UrlRequest, read_headers, read_url  # noqa: PLC0415 - aiohttp, for URLs only

    def read() -> Content:
        headers = read_headers(job.source_headers)
        most = job.spec.max_document_bytes
        private = job.settings.fetch_private_addresses
        return job.patiently(lambda: read_url(UrlRequest(source.url, headers, most, private)))

    return Candidate(source=source.url, read=read)
