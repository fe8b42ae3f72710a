from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.factory import make_embedder
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import JobOperation
from kubelore.resources.knowledge_base import Chunking
from kubelore.vectorstore.filters import And
from kubelore.vectorstore.interface import DenseQuery, Hit, Search, SparseQuery
from support.worker import WorkerEnd, Workshop, assert_exact, prefix

pytestmark = pytest.mark.parametrize("settings", ["served", "embedded"], indirect=True)

DOCUMENTS = 12
ALL = 1000
CHUNKING = Chunking(size=16, overlap=0)
QUESTIONS = ("Where does page 3 keep its disks?", "sentence 7 of page 11")


def brought_in(workshop: Workshop) -> Workshop:
    for index in range(DOCUMENTS):
        page = f"# Page {index}\n\n" + "".join(f"Disks of sentence {line} of page {index}. " for line in range(10))
        workshop.objects().put(f"in/{index}.md", page.encode())
    assert workshop.upsert(prefix("in/"), chunking=CHUNKING).exit_code == 0
    return workshop


def rebuild(workshop: Workshop) -> WorkerEnd:
    return workshop.run(workshop.spec(JobOperation.REBUILD, task=None, chunking=CHUNKING))


def without_model(workshop: Workshop) -> Workshop:
    """The same knowledge base where nothing can be embedded."""
    return replace(workshop, settings=workshop.settings.model_copy(update={"model_dir": Path("/nowhere")}))


def drop(workshop: Workshop) -> None:
    with workshop.vectors() as vectors:
        vectors.drop_all(workshop.names.alias)


def found(workshop: Workshop) -> list[tuple[float, str, str]]:
    """What searches by both routes return of all rows, and how good it is."""
    embedder = make_embedder(EmbedderConfig(), workshop.settings, SecretStr(""))
    hits: list[Hit] = []
    with workshop.vectors() as vectors:
        for question in QUESTIONS:
            dense = DenseQuery(embedder.embed_query(question).vector, ALL)
            result = vectors.search(workshop.names.alias, Search(And(()), dense, SparseQuery(question, ALL)))
            hits += [*result.dense, *result.sparse]
    return sorted((round(hit.score, 3), hit.row.id, hit.row.chunk_text) for hit in hits)


def test_an_emptied_vector_store_answers_as_before_and_nothing_is_embedded(workshop: Workshop) -> None:
    before = found(brought_in(workshop))
    drop(workshop)

    end = rebuild(without_model(workshop))

    assert end.exit_code == 0
    assert len(before) > 30
    assert found(workshop) == before
    assert_exact(workshop, DOCUMENTS, "uid-1")


def test_a_collection_that_lost_some_rows_gets_just_those_back(workshop: Workshop) -> None:
    brought_in(workshop)
    lost = workshop.records()["in/3.md"].document_id
    workshop.delete_rows(lost)

    end = rebuild(without_model(workshop))

    assert end.exit_code == 0
    assert end.message.documents.succeeded == 1
    assert_exact(workshop, DOCUMENTS, "uid-1")


def test_an_alias_that_was_dropped_stands_for_the_collection_again(workshop: Workshop) -> None:
    brought_in(workshop)
    with workshop.vectors() as vectors:
        vectors.drop_alias(workshop.names.alias)

    assert rebuild(without_model(workshop)).exit_code == 0

    assert_exact(workshop, DOCUMENTS, "uid-1")


def test_a_document_whose_vectors_are_lost_too_is_embedded_anew(workshop: Workshop) -> None:
    brought_in(workshop)
    document = workshop.records()["in/3.md"].document_id
    workshop.objects().delete([workshop.layout.chunks(1, document)])
    drop(workshop)

    assert rebuild(workshop).exit_code == 0

    assert_exact(workshop, DOCUMENTS, "uid-1")


def test_a_document_of_which_nothing_is_left_fails_alone(workshop: Workshop) -> None:
    brought_in(workshop)
    record, objects, layout = workshop.records()["in/3.md"], workshop.objects(), workshop.layout
    texts = [info.key for info in objects.list(layout.parsed_of(record.document_id))]
    originals = [info.key for info in objects.list(layout.originals_of(record.document_id))]
    objects.delete([layout.chunks(1, record.document_id), *texts, *originals])
    drop(workshop)

    end = rebuild(workshop)

    assert end.exit_code == 0
    assert (end.message.documents.succeeded, end.message.documents.failed) == (DOCUMENTS - 1, 1)
    assert end.message.failures[0].code is ErrorCode.OBJECT_NOT_FOUND
    assert end.message.failures[0].document == "in/3.md"
