"""A prefix and a knowledge base, kept in step."""

from typing import Any

import pytest

from kubelore.documents.sync import SyncManifest, SyncReport
from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Sync
from support.worker import WorkerEnd, Workshop, assert_exact, prefix

pytestmark = pytest.mark.parametrize("settings", ["embedded"], indirect=True)

PREFIX = "wiki/"


def put(workshop: Workshop, *names: str, text: str = "First") -> None:
    for name in names:
        workshop.objects().put(f"{PREFIX}{name}", f"# {name}\n\n{text} text of {name}.\n".encode())


def run(workshop: Workshop, **order: Any) -> WorkerEnd:
    spec = workshop.spec(JobOperation.SYNC, sync=Sync(prefix=PREFIX, **order), task=None)
    end = workshop.run(spec)
    assert end.exit_code == 0, end.message
    return end


def report(workshop: Workshop, **order: Any) -> SyncReport:
    found = run(workshop, **order).message.sync
    assert found is not None
    return found.model_copy(update={"finished_at": ""})


def test_what_is_added_changed_and_gone_is_followed(workshop: Workshop) -> None:
    put(workshop, "a.md", "b.md", "c.md")
    assert report(workshop) == SyncReport(added=3)
    assert report(workshop) == SyncReport(unchanged=3)

    put(workshop, "b.md", text="Second")
    put(workshop, "d.md")
    workshop.objects().delete([f"{PREFIX}a.md"])

    assert report(workshop) == SyncReport(added=1, changed=1, unchanged=1, deleted=1)
    assert sorted(workshop.records()) == [f"{PREFIX}{name}" for name in ("b.md", "c.md", "d.md")]
    assert_exact(workshop, 3)


def test_a_document_that_was_only_touched_is_not_embedded_again(workshop: Workshop) -> None:
    put(workshop, "a.md", "b.md")
    run(workshop)
    put(workshop, "a.md")

    end = run(workshop)

    assert (end.message.documents.skipped, end.message.documents.succeeded) == (1, 0)
    assert end.message.sync is not None
    assert end.message.sync.unchanged == 2


def test_too_many_deletions_at_once_are_refused_and_told_of(workshop: Workshop) -> None:
    put(workshop, "a.md", "b.md", "c.md", "d.md")
    run(workshop)
    workshop.objects().delete([f"{PREFIX}{name}" for name in ("a.md", "b.md", "c.md")])

    refused = report(workshop)
    again = report(workshop)
    allowed = report(workshop, max_deletion_percent=100)

    assert (refused.deleted, refused.left, refused.unchanged) == (0, 3, 1)
    assert "3 of 4 documents are gone" in (refused.refusal or "")
    assert again == refused
    assert (allowed.deleted, allowed.refusal) == (3, None)
    assert_exact(workshop, 1)
    manifest = SyncManifest.model_validate_json(workshop.objects().get(workshop.layout.sync_manifest))
    assert manifest.report.deleted == 3


def test_documents_whose_source_is_gone_stay_where_that_is_wanted(workshop: Workshop) -> None:
    put(workshop, "a.md", "b.md")
    run(workshop, deletions="Keep")
    workshop.objects().delete([f"{PREFIX}a.md"])

    assert report(workshop, deletions="Keep") == SyncReport(unchanged=1, left=1)
    assert_exact(workshop, 2)


def test_what_a_task_brought_in_is_known(workshop: Workshop) -> None:
    put(workshop, "a.md", "b.md", "c.md")
    workshop.upsert(prefix(PREFIX))
    workshop.objects().delete([f"{PREFIX}c.md"])

    assert report(workshop) == SyncReport(unchanged=2, deleted=1)


def test_a_document_that_fails_is_tried_again(workshop: Workshop) -> None:
    put(workshop, "a.md")
    workshop.objects().put(f"{PREFIX}b.md", b"")
    assert report(workshop) == SyncReport(added=1, failed=1)
    assert report(workshop) == SyncReport(unchanged=1, failed=1)

    put(workshop, "b.md")

    assert report(workshop).failed == 0
    assert_exact(workshop, 2)


def test_other_prefixes_are_left_alone(workshop: Workshop) -> None:
    put(workshop, "a.md", "b.txt")
    workshop.objects().put("other/c.md", b"# Other\n\nText.\n")
    workshop.upsert(prefix("other/"))

    assert report(workshop, glob="*.md") == SyncReport(added=1)
    assert sorted(workshop.records()) == ["other/c.md", f"{PREFIX}a.md"]
