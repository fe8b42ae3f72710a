from dataclasses import replace
from pathlib import Path

import pytest

from kubelore.documents.result import TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import JobOperation
from kubelore.settings import Settings
from kubelore.vectorstore.filters import And
from support.worker import WorkerEnd, Workshop, one_object

pytestmark = pytest.mark.parametrize("settings", ["served", "embedded"], indirect=True)


def without_totals(end: WorkerEnd) -> TerminationMessage:
    return end.message.model_copy(update={"totals": None})


def purge(workshop: Workshop) -> WorkerEnd:
    return workshop.run(workshop.spec(JobOperation.PURGE, task=None))


def test_preparing_makes_bucket_collection_and_alias_and_says_what_it_found(settings: Settings, tmp_path: Path) -> None:
    workshop = Workshop(settings, tmp_path)

    first, second = workshop.prepare(), workshop.prepare()

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.message.totals is not None
    assert second.message.totals is not None
    assert first.message.totals.counted_at < second.message.totals.counted_at
    assert without_totals(first) == without_totals(second)
    assert first.message.collection == workshop.names.alias
    assert first.message.dimension == 384
    assert "bm25" in first.message.abilities
    with workshop.vectors() as vectors:
        assert vectors.alias_target(workshop.names.alias) == workshop.names.collection(1)


def test_preparing_again_does_not_move_the_alias(workshop: Workshop) -> None:
    next_generation = workshop.spec(JobOperation.PREPARE, task=None, generation=2)

    assert workshop.run(next_generation).exit_code == 0

    with workshop.vectors() as vectors:
        assert vectors.alias_target(workshop.names.alias) == workshop.names.collection(1)
        assert vectors.count(workshop.names.collection(2), And(())) == 0


def test_a_dimension_that_is_not_the_models_is_refused(workshop: Workshop) -> None:
    spec = workshop.spec(JobOperation.PREPARE, task=None, embedding=EmbedderConfig(dimension=768))

    end = workshop.run(spec)

    assert end.exit_code == 1
    assert end.message.failures[0].code is ErrorCode.EMBEDDING_DIMENSION


def test_purging_leaves_nothing_of_this_knowledge_base_and_all_of_the_others(workshop: Workshop) -> None:
    other = replace(workshop, knowledge_base=f"{workshop.knowledge_base}x")
    other.prepare()
    beside = f"{workshop.layout.root}sources/page.md"
    workshop.objects().put(beside, b"# Page\n\nText.\n")
    for each in (workshop, other):
        assert each.upsert(one_object(beside)).exit_code == 0

    first, second = purge(workshop), purge(workshop)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert [info.key for info in workshop.objects().list(workshop.layout.root)] == [beside]
    with workshop.vectors() as vectors:
        assert vectors.alias_target(workshop.names.alias) is None
    assert other.count() == 1
    assert list(other.records()) == [beside]
