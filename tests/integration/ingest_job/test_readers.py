"""A knowledge base whose PDF files are read in another way than before."""

import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.reading import PdfReader
from kubelore.embedding.config import EmbedderConfig
from kubelore.errors import ErrorCode
from kubelore.jobs.spec import GenerationSpec, JobOperation
from kubelore.resources.knowledge_base import Chunking, Parsing, PdfParsing
from kubelore.vectorstore.filters import Compare, Comparison
from support.scans import Page, make_scanned_pdf
from support.worker import WorkerEnd, Workshop, one_object

A_PAGE_EACH = Chunking(size=20, overlap=0)
OCR = Parsing(pdf=PdfParsing(reader=PdfReader.OCR))
TYPED, SCANNED = (
    "The first page of this report was typed, as one can see from its text.",
    "The second page was scanned.",
)
REPORT = make_scanned_pdf([Page(text=(TYPED,)), Page(picture=(SCANNED,))])
SCAN = make_scanned_pdf([Page(picture=(SCANNED,))])

pytestmark = pytest.mark.parametrize("settings", ["embedded"], indirect=True)


def text_of(workshop: Workshop, source: str, parsing: Parsing) -> ParsedDocument:
    record = workshop.records()[source]
    key = workshop.layout.parsed(record.document_id, record.version, parsing.identity)
    return ParsedDocument.model_validate_json(workshop.objects().get(key))


def in_next_generation(workshop: Workshop, operation: JobOperation) -> WorkerEnd:
    return workshop.run(workshop.spec(operation, task=None, generation=2, parsing=OCR, chunking=A_PAGE_EACH))


def test_another_reader_reads_every_document_anew_beside_the_generation_that_answers(workshop: Workshop) -> None:
    workshop.objects().put("in/report.pdf", REPORT)
    assert workshop.upsert(one_object("in/report.pdf"), chunking=A_PAGE_EACH).exit_code == 0
    assert SCANNED not in text_of(workshop, "in/report.pdf", Parsing()).text

    ends = [in_next_generation(workshop, operation) for operation in (JobOperation.REINDEX, JobOperation.PROMOTE)]

    assert [end.exit_code for end in ends] == [0, 0]
    assert SCANNED in text_of(workshop, "in/report.pdf", OCR).text
    assert SCANNED not in text_of(workshop, "in/report.pdf", Parsing()).text
    with workshop.vectors() as vectors:
        scanned = Compare("page", Comparison.EQ, 2)
        assert vectors.count(workshop.names.collection(1), scanned) == 0
        assert vectors.count(workshop.names.alias, scanned) == 1


def test_a_document_that_was_refused_comes_in_once_the_reader_takes_it(workshop: Workshop) -> None:
    workshop.objects().put("in/scan.pdf", SCAN)

    refused = workshop.upsert(one_object("in/scan.pdf"))
    taken = workshop.upsert(one_object("in/scan.pdf"), "uid-2", parsing=OCR)

    assert [failure.code for failure in refused.message.failures] == [ErrorCode.DOCUMENT_HAS_NO_TEXT]
    assert taken.exit_code == 0
    assert text_of(workshop, "in/scan.pdf", OCR).text == SCANNED


def test_what_comes_meanwhile_is_read_for_each_generation_in_its_own_way(workshop: Workshop) -> None:
    workshop.objects().put("in/report.pdf", REPORT)
    beside = GenerationSpec(generation=2, embedding=EmbedderConfig(), parsing=OCR, chunking=Chunking())
    assert in_next_generation(workshop, JobOperation.REINDEX).exit_code == 0

    assert workshop.upsert(one_object("in/report.pdf"), also=(beside,)).exit_code == 0

    assert SCANNED not in text_of(workshop, "in/report.pdf", Parsing()).text
    assert SCANNED in text_of(workshop, "in/report.pdf", OCR).text


def test_a_scan_of_more_pages_than_are_allowed_fails_alone(workshop: Workshop) -> None:
    workshop.objects().put("in/long.pdf", make_scanned_pdf([Page(picture=(SCANNED,))] * 3))

    end = workshop.upsert(one_object("in/long.pdf"), parsing=OCR, max_scanned_pages=2)

    assert [failure.code for failure in end.message.failures] == [ErrorCode.DOCUMENT_TOO_MANY_SCANS]
