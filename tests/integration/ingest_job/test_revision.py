import pytest

from kubelore.jobs.spec import JobOperation
from kubelore.objectstore.interface import ObjectInfo
from support.worker import Workshop, one_object

pytestmark = pytest.mark.parametrize("settings", ["served", "embedded"], indirect=True)


def revision(workshop: Workshop) -> str:
    info: ObjectInfo | None = workshop.objects().stat(workshop.layout.revision)
    return info.etag if info else ""


def bring_in(workshop: Workshop, text: bytes, uid: str) -> str:
    workshop.objects().put("page.md", text)
    assert workshop.upsert(one_object("page.md"), uid).exit_code == 0
    return revision(workshop)


def test_rows_get_another_revision_with_every_change_and_with_nothing_else(workshop: Workshop) -> None:
    none = revision(workshop)
    first = bring_in(workshop, b"# One\n\nOne.", "uid-1")
    same = bring_in(workshop, b"# One\n\nOne.", "uid-2")
    changed = bring_in(workshop, b"# One\n\nTwo.", "uid-3")
    workshop.run(workshop.spec(JobOperation.DELETE, one_object("page.md"), "uid-4"))
    deleted = revision(workshop)
    workshop.run(workshop.spec(JobOperation.DELETE, one_object("page.md"), "uid-5"))

    assert none == ""
    assert first == same
    assert len({none, first, changed, deleted}) == 4
    assert revision(workshop) == deleted


def test_rows_that_are_put_right_get_another_revision(workshop: Workshop) -> None:
    before = bring_in(workshop, b"# One\n\nOne.", "uid-1")
    workshop.delete_rows(workshop.records()["page.md"].document_id)
    workshop.run(workshop.spec(JobOperation.VERIFY).model_copy(update={"task": None, "repair": True}))
    assert workshop.count() > 0
    assert revision(workshop) != before
