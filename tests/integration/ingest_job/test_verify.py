from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kubelore.documents.result import Verification
from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Chunking
from kubelore.vectorstore.interface import Row
from support.worker import Workshop, assert_exact, prefix

pytestmark = pytest.mark.parametrize("settings", ["served", "embedded", "old_milvus"], indirect=True)

DOCUMENTS = 8
CHUNKING = Chunking(size=16, overlap=0)


@pytest.fixture
def base(workshop: Workshop) -> Workshop:
    """A knowledge base with documents, all of them older than what counts as on its way in."""
    for index in range(DOCUMENTS):
        page = f"# Page {index}\n\n" + "".join(f"Sentence {line} of page {index}. " for line in range(10))
        workshop.objects().put(f"in/{index}.md", page.encode())
    assert workshop.upsert(prefix("in/"), chunking=CHUNKING).exit_code == 0
    return replace(workshop, in_flight_seconds=0.0)


def verify(workshop: Workshop, *, repair: bool = False) -> Verification:
    end = workshop.run(workshop.spec(JobOperation.VERIFY, task=None, chunking=CHUNKING, repair=repair))
    assert end.exit_code == 0
    assert end.message.verification is not None
    return end.message.verification


def stray(document_id: str, version: str = "v", index: int = 0) -> Row:
    return Row(
        id=f"stray-{document_id[:20]}-{index}",
        vector=[1.0] + [0.0] * 383,
        chunk_text="What is left of a document",
        document_id=document_id,
        document_version=version,
        chunk_id=index,
        tenant_id="default",
        source="gone.md",
        title="",
        heading_path="",
        page=None,
        char_start=0,
        char_end=1,
        access_groups=(),
        metadata={},
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def write(workshop: Workshop, row: Row) -> None:
    with workshop.vectors() as vectors:
        vectors.upsert(workshop.names.collection(1), [row])


def test_a_sound_knowledge_base_is_proven(base: Workshop) -> None:
    found = verify(base)

    assert found == Verification(documents=DOCUMENTS, rows=base.count())
    assert found.is_clean


def test_rows_that_are_missing_are_told_of_and_brought_back(base: Workshop) -> None:
    base.delete_rows(base.records()["in/3.md"].document_id)

    found, repaired = verify(base), verify(base, repair=True)

    assert (found.gaps, found.orphans, found.repaired, found.is_clean) == (1, 0, 0, False)
    assert "in/3.md" in found.examples[0]
    assert (repaired.gaps, repaired.repaired, repaired.is_clean) == (1, 1, True)
    assert_exact(base, DOCUMENTS, "uid-1")


def test_rows_of_a_document_that_is_gone_are_told_of_and_taken_out(base: Workshop) -> None:
    write(base, stray("gone"))

    found, repaired = verify(base), verify(base, repair=True)

    assert (found.gaps, found.orphans, found.is_clean) == (0, 1, False)
    assert "gone" in found.examples[0]
    assert (repaired.repaired, repaired.is_clean) == (1, True)
    assert_exact(base, DOCUMENTS, "uid-1")


@pytest.mark.parametrize("version", ["an-older-version", ""])
def test_a_row_too_much_of_a_document_that_is_there_is_taken_out(base: Workshop, version: str) -> None:
    record = base.records()["in/3.md"]
    write(base, stray(record.document_id, version or record.version, index=99))

    repaired = verify(base, repair=True)

    assert (repaired.gaps, repaired.repaired, repaired.is_clean) == (1, 1, True)
    assert_exact(base, DOCUMENTS, "uid-1")


def test_vectors_of_a_document_without_a_record_are_orphans(base: Workshop) -> None:
    record = base.records()["in/3.md"]
    base.objects().delete([base.layout.record(record.document_id)])

    found, repaired = verify(base), verify(base, repair=True)

    assert (found.gaps, found.orphans) == (0, 1)
    assert (repaired.repaired, repaired.is_clean) == (1, True)
    assert base.objects().stat(base.layout.chunks(1, record.document_id)) is None
    assert_exact(base, DOCUMENTS - 1)


def test_vectors_that_are_not_kept_are_kept_again(base: Workshop) -> None:
    record = base.records()["in/3.md"]
    base.objects().delete([base.layout.chunks(1, record.document_id)])

    found, repaired = verify(base), verify(base, repair=True)

    assert (found.gaps, found.orphans) == (1, 0)
    assert repaired.is_clean
    assert_exact(base, DOCUMENTS, "uid-1")


def test_a_document_on_its_way_in_is_no_orphan(base: Workshop) -> None:
    base.objects().delete([base.layout.record(base.records()["in/3.md"].document_id)])

    assert verify(replace(base, in_flight_seconds=900.0), repair=True).orphans == 0


def test_a_missing_collection_and_a_missing_alias_are_told_of(base: Workshop) -> None:
    with base.vectors() as vectors:
        vectors.drop_alias(base.names.alias)
    assert verify(base).missing == ("alias",)

    with base.vectors() as vectors:
        vectors.drop_all(base.names.alias)
    assert verify(base).missing == ("collection", "alias")
