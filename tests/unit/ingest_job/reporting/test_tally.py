from kubelore.documents.record import Failure
from kubelore.documents.result import Stage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.reporting.progress import NoSink, ProgressMeter
from kubelore_ingest.reporting.tally import Tally
from support.jobs import job_spec

FAILURE = Failure.from_error("bad.pdf", KubeloreError(ErrorCode.DOCUMENT_BROKEN, "bad.pdf"))


def tally() -> Tally:
    return Tally(ProgressMeter(NoSink()))


def test_every_document_counts_for_exactly_one_end() -> None:
    counted = tally()
    counted.expect(6)
    counted.succeed(4)
    counted.succeed(3)
    counted.skip(2)
    counted.fail(FAILURE, 1)

    counts = counted.counts
    assert (counts.total, counts.succeeded, counts.skipped, counts.failed, counts.done) == (6, 2, 1, 1, 4)
    assert counted.chunks == 10


def test_documents_that_came_after_the_count_raise_the_total() -> None:
    counted = tally()
    counted.expect(1)
    counted.succeed()
    counted.succeed()

    assert counted.counts.total == 2


def test_a_manifest_says_whose_it_is_and_holds_every_failure() -> None:
    counted = tally()
    counted.enter(Stage.VECTORIZING)
    counted.embed(7)
    for _ in range(30):
        counted.fail(FAILURE)

    manifest = counted.manifest(job_spec(tenant="acme", shards=4), shard=2)

    assert (manifest.task, manifest.task_uid, manifest.tenant) == ("task", "uid-1", "acme")
    assert (manifest.shard, manifest.shards, manifest.embedded) == (2, 4, 7)
    assert len(manifest.failures) == 30
