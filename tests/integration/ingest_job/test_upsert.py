from pathlib import Path

import pytest

from kubelore.documents.ids import content_version, document_id
from kubelore.documents.record import DocumentState
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import JobOperation
from kubelore.resources.ingest_task import InlineSource, Source
from kubelore.resources.knowledge_base import Chunking
from kubelore.vectorstore.filters import And, Compare, Comparison
from kubelore.vectorstore.interface import Search, SparseQuery
from support.corpus import put_corpus
from support.worker import NAMESPACE, Workshop, one_object, prefix

pytestmark = pytest.mark.parametrize("settings", ["served", "embedded"], indirect=True)

MARKDOWN = b"# Install\n\nRun the installer.\n\n## Docker\n\nPull the image and start the container.\n"


def test_one_document_comes_in_whole(workshop: Workshop) -> None:
    workshop.objects().put("guide/install.md", MARKDOWN)

    end = workshop.upsert(one_object("guide/install.md"))

    assert end.exit_code == 0, end.log
    assert (end.message.documents.total, end.message.documents.succeeded) == (1, 1)
    assert workshop.count() == end.message.chunks > 0
    assert end.message.totals is not None
    assert (end.message.totals.documents, end.message.totals.chunks) == (1, end.message.chunks)
    record = workshop.records()["guide/install.md"]
    assert (record.state, record.version, record.chunks) == (
        DocumentState.COMPLETED,
        content_version([MARKDOWN]),
        end.message.chunks,
    )
    layout, objects = workshop.layout, workshop.objects()
    assert objects.get(layout.original(record.document_id, record.version, "guide/install.md")) == MARKDOWN
    assert b"Pull the image" in objects.get(layout.parsed(record.document_id, record.version))
    assert objects.stat(layout.chunks(1, record.document_id)) is not None


def test_what_came_in_is_found_with_its_place(workshop: Workshop) -> None:
    workshop.objects().put("guide/install.md", MARKDOWN)
    workshop.upsert(one_object("guide/install.md"), metadata={"team": "docs"}, access_groups=("staff",), tenant="acme")

    with workshop.vectors() as vectors:
        search = Search(Compare("metadata.team", Comparison.EQ, "docs"), sparse=SparseQuery("container", 3))
        (hit, *_) = vectors.search(workshop.names.alias, search).sparse

    assert hit.row.source == "guide/install.md"
    assert (hit.row.tenant_id, hit.row.access_groups) == ("acme", ("staff",))
    parsed = workshop.objects().get(workshop.layout.parsed(hit.row.document_id, hit.row.document_version))
    assert hit.row.chunk_text.encode() in parsed.replace(b"\\n", b"\n")


def test_the_corpus_comes_in_and_a_second_run_embeds_nothing(workshop: Workshop) -> None:
    keys = put_corpus(workshop.objects(), "*/installation/**/*.md*")

    first = workshop.upsert(prefix("docs/"), "uid-1")
    second = workshop.upsert(prefix("docs/"), "uid-2")

    assert (first.exit_code, second.exit_code) == (0, 0), first.log + second.log
    assert workshop.manifest("uid-1").documents.succeeded == len(keys)
    assert workshop.manifest("uid-1").embedded == first.message.chunks == workshop.count()
    assert workshop.manifest("uid-2").documents.skipped == len(keys)
    assert workshop.manifest("uid-2").embedded == 0
    assert second.message.chunks == workshop.count()


def test_another_attempt_of_one_task_counts_its_own_earlier_work(workshop: Workshop) -> None:
    workshop.objects().put("a.md", MARKDOWN)

    workshop.upsert(prefix(""), "uid-1")
    again = workshop.upsert(prefix(""), "uid-1")

    assert (again.message.documents.succeeded, again.message.documents.skipped) == (1, 0)
    assert workshop.manifest("uid-1").embedded == 0


def test_a_changed_document_replaces_its_rows(workshop: Workshop) -> None:
    chunking = Chunking(size=16, overlap=0)
    workshop.objects().put("a.md", b"# Old\n\n" + b"Many old words stand in this long page. " * 40)
    workshop.upsert(one_object("a.md"), chunking=chunking)
    before = workshop.count()
    workshop.objects().put("a.md", b"# New\n\nOne line.\n")

    end = workshop.upsert(one_object("a.md"), "uid-2", chunking=chunking)

    assert 0 < end.message.chunks < before
    assert workshop.count() == end.message.chunks
    assert workshop.count(Compare("document_version", Comparison.EQ, workshop.records()["a.md"].version)) == (
        end.message.chunks
    )


def test_changed_metadata_reaches_the_rows_of_unchanged_content(workshop: Workshop) -> None:
    workshop.objects().put("a.md", MARKDOWN)
    workshop.upsert(one_object("a.md"), metadata={"v": "1"})

    end = workshop.upsert(one_object("a.md"), "uid-2", metadata={"v": "2"})

    assert end.message.documents.succeeded == 1
    assert workshop.count(Compare("metadata.v", Comparison.EQ, "2")) == workshop.count() == end.message.chunks


def test_shards_share_the_documents_out_and_miss_none(workshop: Workshop) -> None:
    for index in range(20):
        workshop.objects().put(f"d/{index}.md", f"# Page {index}\n\nText of page {index}.\n".encode())
    spec = workshop.spec(JobOperation.UPSERT, prefix("d/"), shards=3)

    ends = [workshop.run(spec, shard) for shard in range(3)]

    assert [end.exit_code for end in ends] == [0, 0, 0]
    assert sum(end.message.documents.succeeded for end in ends) == 20
    assert all(end.message.documents.succeeded > 0 for end in ends)
    assert workshop.count() == sum(workshop.manifest("uid-1", shard).chunks for shard in range(3)) == 20


def test_inline_text_comes_in_under_its_name(workshop: Workshop, tmp_path: Path) -> None:
    mounted = tmp_path / "document"
    mounted.write_bytes(MARKDOWN)
    source = Source(inline=InlineSource(filename="notes.md", text="(mounted)"))

    end = workshop.run(workshop.spec(JobOperation.UPSERT, source), mounted=mounted)

    assert end.exit_code == 0, end.log
    assert list(workshop.records()) == ["notes.md"]


def upload_key(workshop: Workshop, name: str, tenant: str = "default") -> str:
    document = document_id(NAMESPACE, workshop.knowledge_base, tenant, name)
    return workshop.layout.original(document, content_version([MARKDOWN]), name)


def test_an_upload_is_known_by_its_name_and_not_copied(workshop: Workshop) -> None:
    key = upload_key(workshop, "notes.md")
    workshop.objects().put(key, MARKDOWN)

    end = workshop.upsert(one_object(key, "notes.md"))

    assert end.exit_code == 0
    assert list(workshop.records()) == ["notes.md"]
    assert [info.key for info in workshop.objects().list(workshop.layout.originals)] == [key]


def test_an_upload_of_another_tenant_or_document_is_not_read(workshop: Workshop) -> None:
    for key in (upload_key(workshop, "notes.md", "other"), upload_key(workshop, "other.md")):
        workshop.objects().put(key, MARKDOWN)

        end = workshop.upsert(one_object(key, "notes.md"))

        assert (end.exit_code, end.message.failures[0].code) == (42, ErrorCode.SOURCE_FORBIDDEN)


BAD_DOCUMENTS = {
    "empty.md": (b"", ErrorCode.DOCUMENT_EMPTY),
    "blank.txt": (b" \n\n ", ErrorCode.DOCUMENT_EMPTY),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, ErrorCode.DOCUMENT_UNSUPPORTED),
    "broken.pdf": (b"%PDF-1.7\nnot really", ErrorCode.DOCUMENT_BROKEN),
    "broken.docx": (b"PK\x03\x04 not a zip", ErrorCode.DOCUMENT_BROKEN),
    "large.txt": (b"word " * 30_000, ErrorCode.SOURCE_TOO_LARGE),
}


def test_bad_documents_fail_alone_with_their_code(workshop: Workshop) -> None:
    objects = workshop.objects()
    for name, (content, _) in BAD_DOCUMENTS.items():
        objects.put(f"in/{name}", content)
    for index in range(5):
        objects.put(f"in/good-{index}.md", f"# Good {index}\n\nText.\n".encode())

    end = workshop.upsert(prefix("in/"), max_document_bytes=100_000)

    assert end.exit_code == 0, end.log
    assert (end.message.documents.succeeded, end.message.documents.failed) == (5, len(BAD_DOCUMENTS))
    failures = {failure.document: failure for failure in workshop.manifest("uid-1").failures}
    assert {name: failures[f"in/{name}"].code for name in BAD_DOCUMENTS} == {
        name: code for name, (_, code) in BAD_DOCUMENTS.items()
    }
    records = workshop.records()
    for name in BAD_DOCUMENTS:
        assert records[f"in/{name}"].state is DocumentState.FAILED
    assert workshop.count() == end.message.chunks == 5


@pytest.mark.parametrize("name", ["empty.md", "broken.pdf", "picture.png"])
def test_a_bad_document_alone_ends_the_worker_for_good(workshop: Workshop, name: str) -> None:
    content, code = BAD_DOCUMENTS[name]
    workshop.objects().put(name, content)

    end = workshop.upsert(one_object(name))

    assert end.exit_code == 42
    assert [failure.code for failure in end.message.failures] == [code]


def test_a_document_that_is_missing_ends_the_worker_for_good(workshop: Workshop) -> None:
    end = workshop.upsert(one_object("nowhere.md"))

    assert end.exit_code == 42
    assert end.message.failures[0].code is ErrorCode.SOURCE_NOT_FOUND
    assert "nowhere.md" in end.message.failures[0].message


def test_a_document_that_breaks_keeps_the_rows_of_its_last_good_version(workshop: Workshop) -> None:
    objects = workshop.objects()
    objects.put("a.md", MARKDOWN)
    first = workshop.upsert(prefix(""))
    objects.put("a.md", b"")

    broken = workshop.upsert(prefix(""), "uid-2")

    assert broken.message.documents.failed == 1
    assert workshop.count() == first.message.chunks == broken.message.chunks
    record = workshop.records()["a.md"]
    assert (record.state, record.chunks, record.version) == (
        DocumentState.FAILED,
        first.message.chunks,
        content_version([MARKDOWN]),
    )
    assert record.failure is not None
    assert record.failure.code is ErrorCode.DOCUMENT_EMPTY

    objects.put("a.md", MARKDOWN)
    mended = workshop.upsert(prefix(""), "uid-3")
    assert mended.message.documents.skipped == 1
    assert workshop.manifest("uid-3").embedded == 0
    assert workshop.records()["a.md"].state is DocumentState.COMPLETED
    assert workshop.records()["a.md"].failure is None


def test_what_other_knowledge_bases_keep_is_not_read(workshop: Workshop) -> None:
    objects = workshop.objects()
    foreign = [
        "team-b/kb/originals/d/v/secret.md",
        "team-a/other-kb/originals/d/v/secret.md",
        workshop.layout.record("d"),
    ]
    for key in foreign:
        objects.put(key, MARKDOWN)

    ends = [workshop.upsert(one_object(key)) for key in foreign]
    everything = workshop.upsert(prefix(""))

    assert [end.exit_code for end in ends] == [42, 42, 42]
    assert {end.message.failures[0].code for end in ends} == {ErrorCode.SOURCE_FORBIDDEN}
    assert everything.message.documents.total == 0
    assert workshop.count(And(())) == 0
