from kubelore.clock import now
from kubelore.documents.layout import Layout
from kubelore.documents.reading import PdfReader, Reading
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.generations import Step, first, next_step, shares_vectors, wanted_generation
from kubelore.jobs.spec import GenerationSpec, JobOperation, JobSpec, job_for_generation, job_for_task
from kubelore.resources.generations import answering
from kubelore.resources.knowledge_base import Chunking, KnowledgeBase, Parsing
from support.builders import ingest_task, knowledge_base

OCR = {"pdf": {"reader": "ocr"}}
AS_TEXT, BY_OCR = knowledge_base(), knowledge_base(parsing=OCR)


def job(kb: KnowledgeBase) -> JobSpec:
    return job_for_task(kb, EmbedderConfig(), ingest_task(), shards=1)


def with_generations_of(kb: KnowledgeBase, other: KnowledgeBase) -> KnowledgeBase:
    return kb.model_copy(update={"status": kb.status.model_copy(update={"generation": first(other)})})


def test_another_reader_is_another_generation_whose_vectors_are_not_taken_over() -> None:
    changed = with_generations_of(BY_OCR, AS_TEXT)
    built = changed.status.generation.answering

    assert built is not None
    assert next_step(changed, now()).step is Step.BEGIN
    assert not shares_vectors(built, wanted_generation(changed))


def test_a_reader_that_is_written_out_though_it_is_the_default_changes_nothing() -> None:
    written = with_generations_of(knowledge_base(parsing={"pdf": {"reader": "text"}}), AS_TEXT)

    assert next_step(written, now()).step is Step.NOTHING
    assert job(written).fingerprint == job(AS_TEXT).fingerprint


def test_how_many_pages_may_be_recognised_changes_no_rows() -> None:
    more = with_generations_of(knowledge_base(parsing=OCR, ingest={"maxScannedPages": 999}), BY_OCR)

    assert next_step(more, now()).step is Step.NOTHING
    assert job(more).fingerprint == job(BY_OCR).fingerprint
    assert job(more).reading == Reading(pdf_reader=PdfReader.OCR, max_scanned_pages=999)


def test_another_reader_makes_other_rows() -> None:
    assert job(AS_TEXT).fingerprint != job(BY_OCR).fingerprint


def test_documents_are_read_as_the_generation_was_that_answers_until_the_next_one_does() -> None:
    changed = with_generations_of(BY_OCR, AS_TEXT)
    coming = wanted_generation(changed)

    assert job(changed).parsing.pdf.reader is PdfReader.TEXT
    assert answering(changed).spec.parsing.pdf.reader is PdfReader.TEXT
    assert job_for_generation(changed, coming, EmbedderConfig(), JobOperation.REINDEX).parsing == coming.parsing
    assert coming.parsing.pdf.reader is PdfReader.OCR


def test_a_generation_beside_is_read_in_its_own_way() -> None:
    beside = GenerationSpec(
        generation=2, embedding=EmbedderConfig(), parsing=Parsing.model_validate(OCR), chunking=Chunking()
    )

    assert job(AS_TEXT).for_generation(beside).reading.pdf_reader is PdfReader.OCR


def test_texts_that_were_read_in_two_ways_lie_beside_each_other() -> None:
    layout = Layout("team-a", "handbook")
    as_text, by_ocr = (layout.parsed("d", "v", kb.spec.parsing.identity) for kb in (AS_TEXT, BY_OCR))

    assert as_text == layout.parsed("d", "v")
    assert by_ocr != as_text
    assert by_ocr.startswith(layout.parsed_of("d"))
