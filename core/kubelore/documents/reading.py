"""How documents are to be read: what a knowledge base says of it, in a form that travels to whoever reads them."""

from enum import StrEnum

from pydantic import Field

from kubelore.documents.models import WireModel

MOST_SCANNED_PAGES = 200
"""How many pages of a document text recognition reads where nobody says otherwise: a quarter of an hour's work."""


class PdfReader(StrEnum):
    """What reads PDF files."""

    TEXT = "text"
    OCR = "ocr"


class Reading(WireModel):
    """How documents are to be read; `max_scanned_pages` bounds the pages of one that text recognition reads."""

    pdf_reader: PdfReader = PdfReader.TEXT
    max_scanned_pages: int = Field(default=MOST_SCANNED_PAGES, ge=1)
