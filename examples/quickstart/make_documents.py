"""Writes the binary documents of the quickstart; the same text gives the same bytes.

Run `python examples/quickstart/make_documents.py` after a change. It needs the development tools (`make venv`).
"""

import io
import sys
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

DOCUMENTS = Path(__file__).parent / "documents"

_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
_ZIP_TIME = (2026, 1, 1, 0, 0, 0)

EXIT_CODES = (
    ("0", "The work is done. Single documents of many may have failed: the result manifest names them."),
    ("42", "The only document of the task is bad. Another attempt can't help, so the Job is not tried again."),
    ("any other", "Something went wrong that may pass, such as a store that is away. The Job is tried again."),
)

ERROR_CODES = (
    ("DOCUMENT_EMPTY", "the document has no content", "no"),
    ("DOCUMENT_UNSUPPORTED", "no parser knows this type of file", "no"),
    ("DOCUMENT_BROKEN", "the file is damaged or is not what its name says", "no"),
    ("DOCUMENT_ENCRYPTED", "the file is protected by a password", "no"),
    ("DOCUMENT_HAS_NO_TEXT", "the file holds pictures only: run text recognition on it first", "no"),
    ("SOURCE_TOO_LARGE", "the document is larger than spec.ingest.maxDocumentBytes", "no"),
    ("PARSE_TIMEOUT", "parsing took longer than allowed", "no"),
    ("EMBEDDER_UNREACHABLE", "the embedding model does not answer", "yes"),
    ("VECTOR_STORE_UNREACHABLE", "Milvus does not answer", "yes"),
    ("OBJECT_STORE_UNREACHABLE", "the object store does not answer", "yes"),
)

KEYS = (
    ("originals/<document id>/<version>/<name>", "the file as it came"),
    ("parsed/<document id>/<version>.json", "the text with its headings and pages"),
    ("chunks/g<generation>/<document id>.parquet", "the chunks with their vectors"),
    ("records/<document id>.json", "the state of the document, the truth about it"),
    ("results/<task uid>/<shard>.json", "how one worker's share of a task ended"),
)


def exit_codes_pdf() -> bytes:
    """Write two pages about exit codes and error codes."""
    styles = getSampleStyleSheet()
    title, heading, text = styles["Title"], styles["Heading2"], styles["BodyText"]

    def table(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...]) -> Table:
        cells = [[Paragraph(cell, text) for cell in row] for row in (head, *rows)]
        return Table(cells, colWidths=[width * mm for width in widths])

    story: list[Flowable] = [
        Paragraph("Exit codes and error codes", title),
        Paragraph("Exit codes of a worker", heading),
        Paragraph(
            "An ingest worker tells Kubernetes by its exit code whether another attempt makes sense. Before it exits it"
            " writes a result manifest into the object store, and a termination message for the operator.",
            text,
        ),
        Spacer(1, 4 * mm),
        table(("Exit code", "Meaning"), EXIT_CODES, (30, 130)),
        PageBreak(),
        Paragraph("Error codes of a document", heading),
        Paragraph("Every failed document has one code, and the code says whether trying again can help.", text),
        Spacer(1, 4 * mm),
        table(("Code", "Meaning", "Try again"), ERROR_CODES, (65, 75, 20)),
    ]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, title="Exit codes and error codes", invariant=1).build(story)
    return buffer.getvalue()


def storage_layout_docx() -> bytes:
    """Write a page about the layout of the bucket, with a table."""
    document = Document()
    document.core_properties.title = "Where things lie in the bucket"
    document.core_properties.author = "Kubelore"
    document.core_properties.created = document.core_properties.modified = _WRITTEN
    document.add_heading("Where things lie in the bucket", level=1)
    document.add_paragraph(
        "Everything that a knowledge base owns lies under its namespace and its name, and nothing else writes there."
    )
    document.add_heading("The keys", level=2)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Key", "Content"
    for key, content in KEYS:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = key, content
    document.add_heading("The order of writing", level=2)
    document.add_paragraph(
        "Chunks with their vectors are written to the object store first, as Parquet, and only then to Milvus. The"
        " record is written last. So the object store holds everything that the vector store holds, and a crash"
        " between any two steps leaves a state from which the next attempt ends in the right rows."
    )
    buffer = io.BytesIO()
    document.save(buffer)
    return _with_fixed_times(buffer.getvalue())


def _with_fixed_times(archive: bytes) -> bytes:
    """Pack a zip archive anew, without the times at which its parts were written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, _ZIP_TIME), old.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


WRITERS: Mapping[str, Callable[[], bytes]] = {
    "exit-codes.pdf": exit_codes_pdf,
    "storage-layout.docx": storage_layout_docx,
}


def main(folder: Path = DOCUMENTS) -> None:
    """Write every document into the folder."""
    for name, write in WRITERS.items():
        (folder / name).write_bytes(write())


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
