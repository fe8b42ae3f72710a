"""Reads Word documents."""

from collections.abc import Mapping
from io import BytesIO

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.styles.style import BaseStyle

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.docx_body import BodyReader, StyleRole
from kubelore_ingest.parsers.metadata import flat_metadata
from kubelore_ingest.parsers.office import opening_office_file


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a Word document's body in its order: paragraphs, lists, tables, text boxes."""
    with opening_office_file(data, name, OpcError):
        document = _read(docx.Document(BytesIO(data)))
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return document


def _read(document: Document) -> ParsedDocument:
    properties = document.core_properties
    metadata = flat_metadata(
        {
            "author": properties.author,
            "subject": properties.subject,
            "keywords": properties.keywords,
            "category": properties.category,
        }
    )
    writer = BodyReader(_style_roles(document)).read(document.element.body)
    return writer.build(properties.title, metadata)


def _style_roles(document: Document) -> Mapping[str, StyleRole]:
    return {style.style_id: StyleRole.of(_names(style)) for style in document.styles if style.style_id}


def _names(style: BaseStyle | None) -> list[str]:
    """Return the names of a style and of those that it is based on, nearest first; styles may refer in a circle."""
    names: list[str] = []
    while style is not None and style.name and style.name not in names:
        names.append(style.name)
        style = getattr(style, "base_style", None)
    return names
