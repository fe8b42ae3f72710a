from typing import Any

import pytest

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import (
    JobOperation,
    JobSpec,
    job_for_knowledge_base,
    job_for_plan,
    job_for_task,
    needs_plan,
    parallelism_of,
)
from support.builders import ingest_task, knowledge_base

EVERYTHING = {"prefix": {"prefix": "docs/"}}
KB = knowledge_base(status={"generation": {"active": 2}})


def upsert(**changes: Any) -> JobSpec:
    return job_for_task(KB, EmbedderConfig(), ingest_task(**changes), shards=1)


def test_a_job_travels_as_json() -> None:
    job = upsert(metadata={"team": "docs"}, access_groups=["staff"], tenant="acme")

    assert JobSpec.model_validate_json(job.to_json()) == job


def test_a_task_becomes_a_job_of_its_operation_for_the_active_generation() -> None:
    task = ingest_task(operation="Delete", meta={"uid": "u1"})

    job = job_for_task(KB, EmbedderConfig(), task, shards=3)

    assert (job.operation, job.generation, job.shards) == (JobOperation.DELETE, 2, 3)
    assert job.task is not None
    assert (job.task.name, job.task.uid) == (task.metadata.name, "u1")


def test_a_knowledge_base_without_a_generation_starts_with_the_first() -> None:
    job = job_for_knowledge_base(knowledge_base(), EmbedderConfig(), JobOperation.PREPARE)

    assert (job.generation, job.task, job.source) == (1, None, None)


def test_inline_text_does_not_travel_in_the_job() -> None:
    job = upsert(source={"inline": {"filename": "a.md", "text": "a secret plan"}})

    assert "a secret plan" not in job.to_json()
    assert "a.md" in job.to_json()


@pytest.mark.parametrize(
    "changes", [{"metadata": {"a": "1"}}, {"access_groups": ["g"]}, {"metadata": {"a": "1", "b": "2"}}]
)
def test_what_decides_the_rows_decides_the_fingerprint(changes: dict[str, Any]) -> None:
    assert upsert(**changes).fingerprint != upsert().fingerprint


def test_what_does_not_decide_the_rows_leaves_the_fingerprint() -> None:
    job = upsert()

    assert job.model_copy(update={"shards": 9, "max_document_bytes": 1}).fingerprint == job.fingerprint
    assert upsert(source={"object": {"key": "other.md"}}).fingerprint == job.fingerprint


def test_as_many_workers_are_at_a_prefix_at_once_as_it_or_its_knowledge_base_says() -> None:
    kb = knowledge_base(ingest={"parallelism": 4})

    assert parallelism_of(kb, ingest_task(source=EVERYTHING)) == 4
    assert parallelism_of(kb, ingest_task(source=EVERYTHING, parallelism=7)) == 7
    assert parallelism_of(kb, ingest_task(parallelism=7)) == 1


def test_only_a_prefix_has_to_be_planned() -> None:
    assert needs_plan(ingest_task(source=EVERYTHING))
    assert not needs_plan(ingest_task())


def test_a_planner_is_told_what_will_be_done_and_by_how_many_workers() -> None:
    job = job_for_plan(KB, EmbedderConfig(), ingest_task(source=EVERYTHING, operation="Delete", parallelism=7))

    assert (job.operation, job.planned, job.shards) == (JobOperation.PLAN, JobOperation.DELETE, 7)
