from pathlib import Path

import pytest

from kubelore.documents.ids import document_id
from kubelore.jobs.spec import JobOperation
from kubelore.resources.ingest_task import DocumentsSource, InlineSource, Source
from support.worker import NAMESPACE, WorkerEnd, Workshop, assert_exact, one_object, prefix

pytestmark = pytest.mark.parametrize("settings", ["served", "embedded"], indirect=True)

PAGE = b"# Page\n\nSome text.\n"


def delete(workshop: Workshop, source: Source, uid: str = "uid-delete", **changes: object) -> WorkerEnd:
    return workshop.run(workshop.spec(JobOperation.DELETE, source, uid, **changes))


def known(metadata: dict[str, str]) -> Source:
    return Source(documents=DocumentsSource(metadata=metadata))


def fill(workshop: Workshop, *keys: str) -> None:
    for key in keys:
        workshop.objects().put(key, PAGE + key.encode())
    assert workshop.upsert(prefix("")).exit_code == 0


def kept_keys(workshop: Workshop) -> list[str]:
    keys = (info.key for info in workshop.objects().list(workshop.layout.root))
    return [key for key in keys if not any(kind in key for kind in ("/results/", "/plans/", "/revision/"))]


def test_a_deleted_document_leaves_no_row_and_no_object(workshop: Workshop) -> None:
    fill(workshop, "in/a.md")

    end = delete(workshop, one_object("in/a.md"))

    assert end.exit_code == 0
    assert end.message.documents.succeeded == 1
    assert workshop.count() == 0
    assert kept_keys(workshop) == []
    assert workshop.objects().get("in/a.md").startswith(PAGE)


def test_other_documents_and_other_tenants_stay(workshop: Workshop) -> None:
    fill(workshop, "in/a.md", "in/b.md")
    workshop.upsert(one_object("in/a.md"), tenant="other")

    delete(workshop, one_object("in/a.md"))

    assert sorted(record.tenant for record in workshop.records().values()) == ["default", "other"]
    assert workshop.count() == 2


def test_deleting_twice_is_deleting_once(workshop: Workshop) -> None:
    fill(workshop, "in/a.md")
    delete(workshop, one_object("in/a.md"))

    again = delete(workshop, one_object("in/a.md"), "uid-again")

    assert again.exit_code == 0
    assert (again.message.documents.succeeded, again.message.documents.skipped) == (0, 1)


def test_a_prefix_takes_out_what_it_once_brought_in_although_the_sources_are_gone(workshop: Workshop) -> None:
    fill(workshop, "in/a.md", "in/deep/b.md", "in/c.txt", "out/d.md")
    workshop.objects().delete(["in/a.md", "in/deep/b.md"])

    end = delete(workshop, prefix("in/", "**/*.md"))

    assert end.message.documents.succeeded == 2
    assert sorted(workshop.records()) == ["in/c.txt", "out/d.md"]
    assert_exact(workshop, 2)


def test_metadata_takes_out_every_document_of_the_tenant_that_has_it(workshop: Workshop) -> None:
    for key in ("a.md", "b.md", "c.md", "d.md"):
        workshop.objects().put(key, PAGE + key.encode())
    workshop.upsert(one_object("a.md"), metadata={"team": "hr", "year": "2024"})
    workshop.upsert(one_object("b.md"), metadata={"team": "hr", "year": "2025"})
    workshop.upsert(one_object("c.md"), metadata={"team": "it", "year": "2024"})
    workshop.upsert(one_object("d.md"), metadata={"team": "hr", "year": "2024"}, tenant="other")

    end = delete(workshop, known({"team": "hr", "year": "2024"}))

    assert (end.exit_code, end.message.documents.succeeded) == (0, 1)
    assert sorted(workshop.records()) == ["b.md", "c.md", "d.md"]
    assert_exact(workshop, 3)


def test_a_name_takes_out_a_document_wherever_it_came_from(workshop: Workshop, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(PAGE)
    inline = Source(inline=InlineSource(filename="note.md", text="(mounted)"))
    workshop.run(workshop.spec(JobOperation.UPSERT, inline), mounted=text)
    assert sorted(workshop.records()) == ["note.md"]

    end = delete(workshop, Source(documents=DocumentsSource(name="note.md")))

    assert end.message.documents.succeeded == 1
    assert kept_keys(workshop) == []


def test_shards_share_a_deletion_out(workshop: Workshop) -> None:
    keys = [f"in/{index}.md" for index in range(8)]
    fill(workshop, *keys)
    spec = workshop.spec(JobOperation.DELETE, prefix("in/"), "uid-delete", shards=2)

    ends = [workshop.run(spec, shard) for shard in range(2)]

    assert sum(end.message.documents.succeeded for end in ends) == len(keys)
    assert workshop.count() == 0


def test_an_uploaded_document_is_deleted_by_its_name_with_its_original(workshop: Workshop) -> None:
    key = workshop.layout.original(
        document_id(NAMESPACE, workshop.knowledge_base, "default", "notes.md"), "v" * 64, "notes.md"
    )
    workshop.objects().put(key, PAGE)
    workshop.upsert(one_object(key, "notes.md"))

    delete(workshop, one_object(key, "notes.md"))

    assert kept_keys(workshop) == []
