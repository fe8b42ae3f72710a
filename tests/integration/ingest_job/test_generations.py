from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubelore.embedding.config import EmbedderConfig
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import GenerationSpec, JobOperation, JobSpec
from kubelore.resources.knowledge_base import Chunking
from kubelore.vectorstore.filters import And, Compare, Comparison
from support.processes import wait_until
from support.worker import WorkerEnd, Workshop, assert_exact, one_object, prefix

DOCUMENTS = 10
SMALL, LARGE = Chunking(size=16, overlap=0), Chunking(size=48, overlap=0)
NEXT = GenerationSpec(generation=2, embedding=EmbedderConfig(), chunking=LARGE)


def page(index: int, sentences: int = 12) -> bytes:
    return (f"# Page {index}\n\n" + "".join(f"Sentence {line} of page {index}. " for line in range(sentences))).encode()


@pytest.fixture
def base(workshop: Workshop) -> Workshop:
    for index in range(DOCUMENTS):
        workshop.objects().put(f"in/{index}.md", page(index))
    assert workshop.upsert(prefix("in/"), chunking=SMALL).exit_code == 0
    return workshop


def next_job(workshop: Workshop, operation: JobOperation, **changes: Any) -> JobSpec:
    return workshop.spec(operation, **({"task": None, "generation": 2, "chunking": LARGE} | changes))


def reindex(workshop: Workshop, **changes: Any) -> WorkerEnd:
    return workshop.run(next_job(workshop, JobOperation.REINDEX, **changes))


def promote(workshop: Workshop, **changes: Any) -> WorkerEnd:
    return workshop.run(next_job(workshop, JobOperation.PROMOTE, **changes))


def answering(workshop: Workshop) -> str | None:
    with workshop.vectors() as vectors:
        return vectors.alias_target(workshop.names.alias)


def rows_of(workshop: Workshop, generation: int, document_id: str | None = None) -> int:
    where = Compare("document_id", Comparison.EQ, document_id) if document_id else And(())
    with workshop.vectors() as vectors:
        return vectors.count(workshop.names.collection(generation), where)


@pytest.mark.parametrize("settings", ["served", "embedded"], indirect=True)
def test_the_next_generation_is_filled_while_the_first_answers_and_then_answers_itself(base: Workshop) -> None:
    before = base.count()

    filled = reindex(base)
    assert answering(base) == base.names.collection(1)
    promoted = promote(base)

    assert (filled.exit_code, promoted.exit_code) == (0, 0)
    assert filled.message.documents.succeeded == DOCUMENTS
    assert answering(base) == base.names.collection(2)
    assert 0 < rows_of(base, 2) < before == rows_of(base, 1)
    assert promoted.message.totals is not None
    assert promoted.message.totals.chunks == rows_of(base, 2)


def test_it_is_filled_from_the_texts_that_are_kept(base: Workshop) -> None:
    base.objects().delete(info.key for info in base.objects().list(base.layout.originals))
    base.objects().delete(info.key for info in base.objects().list("in/"))

    assert reindex(base).exit_code == 0
    assert promote(base).exit_code == 0


def test_a_text_that_is_not_kept_is_parsed_again_from_its_original(base: Workshop) -> None:
    record = base.records()["in/3.md"]
    base.objects().delete([base.layout.parsed(record.document_id, record.version)])

    assert reindex(base).exit_code == 0

    assert promote(base).exit_code == 0
    assert base.objects().stat(base.layout.parsed(record.document_id, record.version)) is not None


def test_several_workers_share_it(base: Workshop) -> None:
    ends = [base.run(next_job(base, JobOperation.REINDEX, shards=3), shard) for shard in range(3)]

    assert sum(end.message.documents.succeeded for end in ends) == DOCUMENTS
    assert max(end.message.documents.succeeded for end in ends) < DOCUMENTS
    assert promote(base).exit_code == 0


def test_vectors_are_taken_over_where_only_the_index_changes(base: Workshop) -> None:
    nothing_embeds = replace(base, settings=base.settings.model_copy(update={"model_dir": Path("/nowhere")}))
    told = {"chunking": SMALL, "reuse": (1,), "embedding": EmbedderConfig(dimension=384)}

    assert promote(nothing_embeds, **told).exit_code == 0

    assert rows_of(base, 2) == rows_of(base, 1)


def test_a_document_that_cannot_come_along_leaves_the_first_generation_answering(base: Workshop) -> None:
    record = base.records()["in/3.md"]
    base.objects().delete(info.key for info in base.objects().list(base.layout.originals_of(record.document_id)))
    base.objects().delete(info.key for info in base.objects().list(base.layout.parsed_of(record.document_id)))

    end = promote(base)

    assert end.exit_code == 1
    assert end.message.failures[0].code is ErrorCode.GENERATION_INCOMPLETE
    assert "1 of 10 documents" in end.message.failures[0].message
    assert answering(base) == base.names.collection(1)


def test_what_tasks_change_meanwhile_lands_in_both(base: Workshop) -> None:
    reindex(base)
    base.objects().put("in/3.md", page(3, sentences=40))
    base.objects().put("in/new.md", page(99))

    end = base.upsert(prefix("in/"), "uid-2", chunking=SMALL, also=(NEXT,))
    deleted = base.run(base.spec(JobOperation.DELETE, one_object("in/5.md"), "uid-3", also=(NEXT,)))

    assert (end.exit_code, deleted.exit_code) == (0, 0)
    for source in ("in/3.md", "in/new.md"):
        assert rows_of(base, 2, base.records()[source].document_id) > 0
    promoted = promote(base)
    assert promoted.exit_code == 0
    assert promoted.message.documents.total == 0
    assert_exact(base_of_first(base), DOCUMENTS)


def base_of_first(workshop: Workshop) -> Workshop:
    """Have the first generation answer again, so that it can be held against the records."""
    assert promote(workshop, generation=1, chunking=SMALL).exit_code == 0
    return workshop


def test_what_came_without_being_told_of_the_next_generation_is_fetched_before_it_answers(base: Workshop) -> None:
    reindex(base)
    base.objects().put("in/new.md", page(99))
    base.upsert(one_object("in/new.md"), "uid-2", chunking=SMALL)
    base.run(base.spec(JobOperation.DELETE, one_object("in/5.md"), "uid-3"))

    assert promote(base).exit_code == 0

    with base.vectors() as vectors:
        documents = {key.document_id for key in vectors.keys(base.names.alias)}
    assert documents == {record.document_id for record in base.records().values()}


def test_an_embedder_of_the_next_generation_that_is_away_does_not_keep_documents_out(base: Workshop) -> None:
    away = EmbedderConfig(backend="openai", base_url="http://127.0.0.1:9/v1", model="away")
    impatient = replace(base, patience_seconds=0.5)
    base.objects().put("in/new.md", page(99))

    end = impatient.upsert(prefix("in/"), "uid-2", chunking=SMALL, also=(NEXT.model_copy(update={"embedding": away}),))

    assert end.exit_code == 0
    assert_exact(base, DOCUMENTS + 1, "uid-2")


def test_going_back_needs_nothing_to_be_embedded(base: Workshop) -> None:
    reindex(base)
    promote(base)
    nothing_embeds = replace(base, settings=base.settings.model_copy(update={"model_dir": Path("/nowhere")}))

    end = promote(nothing_embeds, generation=1, chunking=SMALL)

    assert end.exit_code == 0
    assert answering(base) == base.names.collection(1)
    assert_exact(base, DOCUMENTS, "uid-1")


def test_a_task_that_runs_again_after_the_change_embeds_nothing(base: Workshop) -> None:
    reindex(base)
    promote(base)

    end = base.upsert(prefix("in/"), "uid-2", generation=2, chunking=LARGE)

    assert end.exit_code == 0
    assert base.manifest("uid-2").embedded == 0


def test_a_generation_that_is_retired_leaves_nothing_and_the_other_everything(base: Workshop) -> None:
    reindex(base)
    promote(base)
    kept = rows_of(base, 2)

    ends = [base.run(next_job(base, JobOperation.RETIRE, keep=(2,))) for _ in range(2)]

    assert [end.exit_code for end in ends] == [0, 0]
    assert list(base.objects().list(base.layout.chunks_of(1))) == []
    assert len(list(base.objects().list(base.layout.chunks_of(2)))) == DOCUMENTS
    with base.vectors() as vectors:
        assert vectors.collections(base.names.alias) == (base.names.collection(2),)
    assert rows_of(base, 2) == kept


def test_the_generation_that_answers_is_never_retired(base: Workshop) -> None:
    reindex(base)

    end = base.run(next_job(base, JobOperation.RETIRE, keep=(2,)))

    assert end.exit_code == 1
    assert "it is the one that answers" in end.message.failures[0].message
    assert base.count() > 0


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_fills_a_generation_is_followed_by_one_that_goes_on(base: Workshop) -> None:
    worker = base.start(next_job(base, JobOperation.REINDEX))
    chunks = base.layout.chunks_of(2)
    wait_until("some vectors are kept", lambda: any(base.objects().list(chunks)) or worker.has_ended, 120)
    worker.kill()

    assert reindex(base).exit_code == 0

    assert promote(base).exit_code == 0
    assert answering(base) == base.names.collection(2)
