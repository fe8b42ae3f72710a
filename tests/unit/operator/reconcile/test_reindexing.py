from dataclasses import replace
from typing import Any

import pytest

from kubelore.documents.result import DocumentCounts, KnowledgeBaseTotals, ShardProgress
from kubelore.errors import ErrorCode
from kubelore_operator.reconcile.observed import JobState
from support.builders import llm_server
from support.driven_knowledge_base import DrivenKnowledgeBase
from support.operator_world import failure, job, message

SMALL = {"chunking": {"size": 256}}
BACK = {"chunking": {"size": 512}}


def changed(**spec: Any) -> DrivenKnowledgeBase:
    kb = DrivenKnowledgeBase()
    kb.change(**(spec or SMALL))
    return kb


@pytest.mark.parametrize(
    "spec",
    [
        {"chunking": {"size": 256}},
        {"embedding": {"builtin": "all-MiniLM-L6-v2", "passagePrefix": "passage: "}},
        {"index": {"profile": "memory"}},
        {"index": {"m": 32}},
    ],
)
def test_what_decides_rows_or_index_builds_the_next_generation_which_then_answers(spec: dict[str, Any]) -> None:
    kb = changed(**spec)

    kb.look()
    assert (kb.status.generation.active, kb.status.generation.building) == (1, 2)
    assert kb.condition("Reindexing") == ("True", "Building")
    assert kb.condition("Ready") == ("True", "CollectionReady")
    kb.settle()

    assert kb.done == ["reindex 2", "promote 2"]
    assert (kb.status.generation.active, kb.status.generation.building) == (2, None)
    assert kb.condition("Reindexing") == ("False", "UpToDate")
    assert kb.world.jobs == ()


@pytest.mark.parametrize(
    "spec",
    [
        {"retrieval": {"topK": 3}},
        {"chat": {"temperature": 0.5}},
        {"index": {"ef": 200}},
        {"embedding": {"builtin": "all-MiniLM-L6-v2", "queryPrefix": "query: "}},
        {"ingest": {"parallelism": 9}},
    ],
)
def test_what_decides_neither_builds_nothing(spec: dict[str, Any]) -> None:
    kb = changed(**spec)

    kb.settle()

    assert kb.done == []
    assert kb.status.generation.active == 1


def test_an_index_alone_takes_the_vectors_over() -> None:
    kb = changed(index={"profile": "exact"})
    kb.look()

    (manifest,) = kb.look().apply

    (variable,) = (each for each in _environment(manifest) if each["name"] == "KUBELORE_JOB")
    assert '"reuse":[1]' in variable["value"]


def test_the_next_generation_is_filled_by_as_many_workers_as_may_work_at_once() -> None:
    kb = changed(ingest={"parallelism": 5}, **SMALL)
    kb.look()

    (manifest,) = kb.look().apply

    assert (manifest["spec"]["completions"], manifest["spec"]["completionMode"]) == (5, "Indexed")


def test_progress_is_shown() -> None:
    kb = changed()
    kb.look()
    reports = {"0": _progress(3, 10), "1": _progress(4, 12)}
    kb.kb = kb.kb.model_copy(update={"status": kb.status.model_copy(update={"shards": {"2": reports}})})

    kb.look()

    assert kb.status.generation.progress == "7/22"
    assert "7/22" in kb.said()


def test_it_does_not_answer_before_tasks_have_ended_that_do_not_write_to_it() -> None:
    kb = changed()
    kb.look()
    kb.world = replace(kb.world, task_jobs=(job(generations=(1,)), job(generations=(1, 2))))
    kb.settle()
    assert kb.done == ["reindex 2"]
    assert kb.condition("Reindexing") == ("True", "Switching")
    assert "waiting for 1 tasks" in kb.said()

    kb.world = replace(kb.world, task_jobs=(job(generations=(1,), state=JobState.COMPLETE), job(generations=(1, 2))))
    kb.settle()

    assert kb.status.generation.active == 2


def test_a_generation_that_is_not_whole_leaves_the_old_one_answering_and_says_why() -> None:
    kb = changed()
    kb.look()
    kb.look()
    kb.end_jobs()
    kb.look()
    kb.end_jobs(message(failures=(failure(ErrorCode.GENERATION_INCOMPLETE, ""),)), exit_code=1)

    kb.look()

    assert kb.status.generation.active == 1
    assert kb.condition("Reindexing") == ("True", "ReindexFailed")
    assert "generation 1 answers" in kb.said()
    assert kb.condition("Ready")[0] == "True"


def test_counts_are_those_of_the_generation_that_answers() -> None:
    kb = changed()

    kb.settle(message(totals=KnowledgeBaseTotals(documents=4, chunks=99), dimension=768))

    assert (kb.status.documents, kb.status.chunks, kb.status.dimension) == (4, 99, 768)


def test_another_change_on_the_way_builds_another_generation_and_removes_the_half_built_one() -> None:
    kb = changed()
    kb.look()
    kb.look()

    kb.change(chunking={"size": 128})
    kb.settle()

    assert kb.done == ["reindex 2", "reindex 3", "promote 3", "retire 3"]
    assert kb.status.generation.active == 3
    assert kb.status.generation.outdated == ()


def test_a_change_that_is_taken_back_on_the_way_removes_the_half_built_one() -> None:
    kb = changed()
    kb.look()
    kb.look()

    kb.change(**BACK)
    kb.settle()

    assert kb.done == ["reindex 2", "retire 1"]
    assert (kb.status.generation.active, kb.status.generation.building) == (1, None)


class TestTheGenerationBefore:
    def built(self) -> DrivenKnowledgeBase:
        kb = changed()
        kb.settle()
        kb.done.clear()
        return kb

    def test_is_kept_for_a_while_and_then_removed(self) -> None:
        kb = self.built()
        assert kb.status.generation.previous is not None
        kb.wait(3599)
        kb.settle()
        assert kb.done == []

        kb.wait(2)
        kb.settle()

        assert kb.done == ["retire 2"]
        assert kb.status.generation.previous is None

    def test_answers_again_by_one_field_and_then_stays(self) -> None:
        kb = self.built()

        kb.change(generations={"active": 1}, **SMALL)
        kb.settle()
        kb.wait(10_000)
        kb.settle()

        assert kb.done == ["promote 1"]
        assert kb.status.generation.active == 1
        assert kb.condition("Reindexing") == ("False", "Pinned")

    def test_gives_way_again_without_being_built_anew(self) -> None:
        kb = self.built()
        kb.change(generations={"active": 1}, **SMALL)
        kb.settle()

        kb.change(**SMALL)
        kb.settle()

        assert kb.done == ["promote 1", "promote 2"]
        assert kb.status.generation.active == 2

    def test_answers_again_when_the_change_is_taken_back(self) -> None:
        kb = self.built()

        kb.change(**BACK)
        kb.settle()

        assert kb.done == ["promote 1"]

    def test_is_said_to_be_gone_when_it_is(self) -> None:
        kb = self.built()
        kb.wait(4000)
        kb.settle()

        kb.change(generations={"active": 1}, **SMALL)
        kb.settle()

        assert kb.status.generation.active == 2
        assert kb.condition("Reindexing") == ("False", "GenerationNotFound")
        assert "generation 2 answers" in kb.said()


def test_the_answering_generation_keeps_its_model_server_while_the_next_one_waits_for_its_own() -> None:
    server = {"endpoint": "http://old/v1", "conditions": [_ready()]}
    kb = DrivenKnowledgeBase(embedding={"llmServerRef": {"name": "old"}})
    kb.change(embedding={"llmServerRef": {"name": "new"}})
    kb.world = replace(kb.world, llm_server=llm_server("old", status=server))

    kb.settle()

    assert kb.condition("Ready") == ("True", "CollectionReady")
    assert kb.condition("Reindexing") == ("True", "LLMServerNotFound")
    kb.world = replace(kb.world, llm_servers=(llm_server("new", status=server),))
    kb.settle()
    assert kb.status.generation.active == 2


def _progress(done: int, total: int) -> ShardProgress:
    return ShardProgress(documents=DocumentCounts(total=total, succeeded=done))


def _environment(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    environment: list[dict[str, Any]] = container["env"]
    return environment


def _ready() -> dict[str, Any]:
    return {"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-11-01T12:00:00Z"}
