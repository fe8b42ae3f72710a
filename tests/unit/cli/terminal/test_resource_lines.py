from typing import Any

import pytest

from kubelore.clock import now
from kubelore_cli.terminal.resource_lines import Line, Mood, counts, line_of
from support.builders import ingest_task, knowledge_base, llm_server


def conditions(kind: str, status: str, reason: str, message: str) -> dict[str, Any]:
    moment = now()
    condition = {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": moment}
    return {"conditions": [condition]}


def succeeded(status: str, reason: str, message: str) -> dict[str, Any]:
    return conditions("Succeeded", status, reason, message)


def test_a_ready_server_takes_one_word() -> None:
    server = llm_server(status=conditions("Ready", "True", "Ready", "runs"))

    assert line_of(server) == Line(Mood.GOOD, "LLMServer embedder: ready")


def test_a_server_that_can_not_run_says_why() -> None:
    server = llm_server(status=conditions("Ready", "False", "EngineUnavailable", "needs a cluster"))

    assert line_of(server) == Line(Mood.BAD, "LLMServer embedder: needs a cluster")


def test_a_knowledge_base_says_what_it_holds() -> None:
    status = {**conditions("Ready", "True", "CollectionReady", ""), "documents": 1, "chunks": 2}

    line = line_of(knowledge_base(status=status))

    assert line == Line(Mood.GOOD, "KnowledgeBase handbook: ready, 1 document in 2 chunks")


def test_a_knowledge_base_says_what_becomes_of_its_generations() -> None:
    ready = conditions("Ready", "True", "CollectionReady", "")["conditions"]
    building = conditions("Reindexing", "True", "Building", "generation 2 is being built")["conditions"]
    counted = {"documents": 1, "chunks": 2}

    first = line_of(knowledge_base(status={**counted, "conditions": [*ready, *building]}))
    second = line_of(knowledge_base(status={**counted, "conditions": ready, "generation": {"active": 2}}))

    assert first is not None
    assert first.text.endswith("in 2 chunks; generation 2 is being built")
    assert second is not None
    assert second.text.endswith("in 2 chunks of generation 2")


def test_a_knowledge_base_that_is_being_made_is_no_bad_news() -> None:
    kb = knowledge_base(status=conditions("Ready", "False", "PreparingCollection", "the collection is being made"))

    assert line_of(kb) == Line(Mood.BUSY, "KnowledgeBase handbook: the collection is being made")


def test_what_nobody_has_looked_at_yet_has_no_line() -> None:
    assert line_of(knowledge_base()) is None
    assert line_of(ingest_task()) is None


def test_a_task_that_waits_for_a_missing_base_says_so() -> None:
    task = ingest_task(status=succeeded("Unknown", "KnowledgeBaseNotFound", "it does not exist yet"))

    assert line_of(task) == Line(Mood.BUSY, "IngestTask pages (pages/first.md): it does not exist yet")


def test_a_task_whose_base_is_not_ready_leaves_that_to_the_bases_line() -> None:
    assert line_of(ingest_task(status=succeeded("Unknown", "KnowledgeBaseNotReady", "wait"))) is None


def test_a_task_at_work_says_how_far_it_is() -> None:
    documents = {"total": 4, "succeeded": 3}
    status = {**succeeded("Unknown", "Running", "at work"), "phase": "VECTORIZING", "progress": "3/4"}

    line = line_of(ingest_task(source={"prefix": {"prefix": "a/"}}, status={**status, "documents": documents}))

    assert line == Line(Mood.BUSY, "IngestTask pages: vectorizing 3/4, at work")


@pytest.mark.parametrize(("failed", "mood"), [(0, Mood.GOOD), (1, Mood.BAD)])
def test_a_completed_task_is_good_unless_a_document_failed(failed: int, mood: Mood) -> None:
    status = {**succeeded("True", "Completed", "all is in"), "phase": "COMPLETED", "documents": {"failed": failed}}

    assert line_of(ingest_task(status=status)) == Line(mood, "IngestTask pages (pages/first.md): completed, all is in")


def test_a_failed_task_says_why() -> None:
    status = {**succeeded("False", "DocumentFailed", "a.pdf is damaged"), "phase": "FAILED"}

    assert line_of(ingest_task(status=status)) == Line(
        Mood.BAD, "IngestTask pages (pages/first.md): failed, a.pdf is damaged"
    )


def test_numbers_agree_with_their_nouns() -> None:
    assert [counts(number, "chunk") for number in (0, 1, 2)] == ["0 chunks", "1 chunk", "2 chunks"]
    assert counts(2, "entry", "entries") == "2 entries"
