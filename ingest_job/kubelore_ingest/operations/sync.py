"""Brings a prefix and the knowledge base in step: what is new or changed comes in, what is gone goes out.

What the last run left in step is kept beside the documents, so that a run with nothing to do reads two lists.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum, auto
from heapq import merge

from kubelore.clock import now, timestamp
from kubelore.documents.ids import fingerprint
from kubelore.documents.plan import PlannedDocument, read_documents
from kubelore.documents.record import DocumentRecord, DocumentState
from kubelore.documents.sync import SyncManifest, SyncReport
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.ingest_task import PrefixSource
from kubelore.resources.knowledge_base import Sync, SyncDeletions
from kubelore_ingest.job import Job
from kubelore_ingest.operations.delete import delete_documents
from kubelore_ingest.operations.upsert import bring_in
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.sources.bucket import planned_candidate, prefix_objects
from kubelore_ingest.sources.recorded import recorded
from kubelore_ingest.spool import Spool


class Difference(Enum):
    """How a document stands to what is known of it."""

    ADDED = auto()
    CHANGED = auto()
    SAME = auto()
    GONE = auto()


def compare(
    present: Iterable[PlannedDocument], known: Iterable[PlannedDocument]
) -> Iterator[tuple[Difference, PlannedDocument]]:
    """Compare two lists in the order of their sources; a known document without an ETag counts as changed."""
    others = iter(known)
    other = next(others, None)
    for document in present:
        while other is not None and other.source < document.source:
            yield Difference.GONE, other
            other = next(others, None)
        if other is None or other.source != document.source:
            yield Difference.ADDED, document
            continue
        is_same = other.etag != "" and other.etag == document.etag
        yield (Difference.SAME if is_same else Difference.CHANGED), document
        other = next(others, None)
    while other is not None:
        yield Difference.GONE, other
        other = next(others, None)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a comparison found, on the disk; `added` counts those of the `wanted` that are new."""

    present: Spool
    wanted: Spool
    gone: Spool
    added: int
    known: int


def sync(job: Job, order: Sync, tally: Tally) -> SyncReport | None:
    """Bring both in step, and say what was done; None when asked to stop before the end."""
    with ExitStack() as stack:
        found = _look(job, order, stack)
        tally.expect(len(found.wanted))
        bring_in(job, (planned_candidate(job, document) for document in found.wanted), tally)
        refusal = _refusal(order, found)
        stays = order.deletions is SyncDeletions.KEEP or refusal is not None
        deleted = 0 if stays else delete_documents(job, (document.source for document in found.gone))
        if job.stop:
            return None
        report = _report(found, tally, deleted, refusal)
        _remember(job, order, found, tally, stack.enter_context(Spool()), stays=stays)
    manifest = SyncManifest(report=report, failures=tally.failures)
    job.patiently(lambda: job.objects.put(job.layout.sync_manifest, manifest.to_json().encode(), "application/json"))
    return report


def _look(job: Job, order: Sync, stack: ExitStack) -> Findings:
    present, wanted, gone = (stack.enter_context(Spool()) for _ in range(3))
    added = known = 0
    for difference, document in compare(prefix_objects(job, _source(order)), _known(job, order)):
        (gone if difference is Difference.GONE else present).append(document)
        if difference in {Difference.ADDED, Difference.CHANGED}:
            wanted.append(document)
        added += difference is Difference.ADDED
        known += difference is not Difference.ADDED
    return Findings(present, wanted, gone, added, known)


def _refusal(order: Sync, found: Findings) -> str | None:
    """Say why what is gone is not deleted: so much at once looks like a mistake."""
    if order.deletions is SyncDeletions.KEEP or len(found.gone) * 100 <= order.max_deletion_percent * found.known:
        return None
    return (
        f"the sources of {len(found.gone)} of {found.known} documents are gone, which is more than "
        f"{order.max_deletion_percent}% (spec.sync.maxDeletionPercent); nothing was deleted: put the sources back, "
        "or raise that share"
    )


def _report(found: Findings, tally: Tally, deleted: int, refusal: str | None) -> SyncReport:
    failed = len(tally.failures)
    added = min(found.added, tally.counts.succeeded)
    changed = tally.counts.succeeded - added
    return SyncReport(
        finished_at=timestamp(now()),
        added=added,
        changed=changed,
        unchanged=len(found.present) - added - changed - failed,
        failed=failed,
        deleted=deleted,
        left=len(found.gone) - deleted,
        refusal=refusal,
    )


def _known(job: Job, order: Sync) -> Iterator[PlannedDocument]:
    """Return what the last run left in step; where there was none, what the records say."""
    try:
        kept = job.patiently(lambda: job.objects.get(_key(job, order)))
    except KubeloreError as error:
        if error.code is not ErrorCode.OBJECT_NOT_FOUND:
            raise
        documents = (_as_known(job, record) for record in recorded(job, _source(order)))
        return iter(sorted(documents, key=_by_source))
    return read_documents(kept)


def _as_known(job: Job, record: DocumentRecord) -> PlannedDocument:
    found = (record.state, record.generation, record.fingerprint)
    in_step = found == (DocumentState.COMPLETED, job.spec.generation, job.spec.fingerprint)
    return PlannedDocument(record.source, record.etag if in_step else "", record.bytes)


def _remember(job: Job, order: Sync, found: Findings, tally: Tally, spool: Spool, *, stays: bool) -> None:
    """Keep what is in step now; what failed is kept without its ETag, to be tried again."""
    failed = {failure.document for failure in tally.failures}
    for document in merge(found.present, found.gone if stays else (), key=_by_source):
        spool.append(replace(document, etag="") if document.source in failed else document)
    stream, size = spool.stream()
    key = _key(job, order)
    job.objects.put_stream(key, stream, size, "application/json")
    others = [info.key for info in job.objects.list(job.layout.synced("").removesuffix(".jsonl"))]
    job.objects.delete([other for other in others if other not in {key, job.layout.sync_manifest}])


def _key(job: Job, order: Sync) -> str:
    """Name the list by all that decides what is in step: with other settings, the records are asked."""
    settings = (order.bucket or "", order.prefix, order.glob, job.spec.tenant, str(job.spec.generation))
    return job.layout.synced(fingerprint(*settings, job.spec.fingerprint))


def _source(order: Sync) -> PrefixSource:
    return PrefixSource(prefix=order.prefix, glob=order.glob)


def _by_source(document: PlannedDocument) -> str:
    return document.source
