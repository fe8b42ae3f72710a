from typing import Any

from kubelore.resources.base import ResourceKey
from kubelore_operator.cluster.cache import Change
from kubelore_operator.cluster.document_states import state_changes

KEY = ResourceKey("IngestTask", "team-a", "pages")


def body(phase: str, **documents: int) -> dict[str, Any]:
    spec = {"knowledgeBaseRef": {"name": "handbook"}}
    return {"metadata": {"name": "pages"}, "spec": spec, "status": {"phase": phase, "documents": documents}}


def sums(*changes: Change) -> dict[str, int]:
    found: dict[str, int] = {}
    for change in changes:
        for each in state_changes(change):
            assert (each.namespace, each.knowledge_base) == ("team-a", "handbook")
            found[each.state] = found.get(each.state, 0) + each.documents
    return {state: number for state, number in found.items() if number}


RUNNING = body("PROCESSING", total=10, succeeded=3, failed=1)
DONE = body("COMPLETED", total=10, succeeded=7, failed=1, skipped=2)


def test_documents_at_work_are_told_from_those_at_an_end() -> None:
    assert sums(Change(KEY, None, RUNNING)) == {"succeeded": 3, "failed": 1, "processing": 6}


def test_a_task_that_goes_on_counts_once() -> None:
    followed = sums(Change(KEY, None, RUNNING), Change(KEY, RUNNING, DONE))

    assert followed == sums(Change(KEY, None, DONE)) == {"succeeded": 7, "failed": 1, "skipped": 2}


def test_a_task_that_is_gone_counts_no_more() -> None:
    assert sums(Change(KEY, None, DONE), Change(KEY, DONE, None)) == {}


def test_other_objects_do_not_count() -> None:
    assert sums(Change(ResourceKey("Job", "team-a", "pages"), None, {"metadata": {}})) == {}
