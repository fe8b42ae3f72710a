"""Reads Word documents."""

import zlib
from collections.abc import Mapping
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.styles.style import BaseStyle
from lxml import etree

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.docx_body import BodyReader, StyleRole
from kubelore_ingest.parsers.metadata import flat_metadata
from kubelore_ingest.parsers.signatures import is_ole

_MOST_UNPACKED_BYTES = 256 * 1024 * 1024
_ENCRYPTED_FLAG = 0x1
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_DAMAGE = (
    *(BadZipFile, EOFError, NotImplementedError, zlib.error),
    *(AttributeError, KeyError, OpcError, TypeError, ValueError, etree.LxmlError),
)
"""What zipfile raises on damaged files, and python-docx on parts that are missing or hold something else."""


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a Word document's body in its order: paragraphs, lists, tables, text boxes."""
    if is_ole(data):
        raise _ole_error(data, name)
    try:
        _refuse_what_should_not_be_opened(data, name)
        document = _read(docx.Document(BytesIO(data)))
    except _DAMAGE as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "no Word document can be read from it") from error
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_EMPTY, name)
    return document


def _ole_error(data: bytes, name: str) -> KubeloreError:
    if _ENCRYPTED_STREAM in data:
        return KubeloreError(ErrorCode.DOCUMENT_ENCRYPTED, name)
    return KubeloreError(ErrorCode.DOCUMENT_UNSUPPORTED, name, "an office document from before 2007")


def _refuse_what_should_not_be_opened(data: bytes, name: str) -> None:
    """Refuse passwords, and zip bombs by their declared size, past which `zipfile` never unpacks."""
    with ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise KubeloreError(ErrorCode.DOCUMENT_ENCRYPTED, name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MOST_UNPACKED_BYTES:
        raise KubeloreError(
            ErrorCode.DOCUMENT_BROKEN, name, f"it unpacks to {unpacked} bytes, {_MOST_UNPACKED_BYTES} are allowed"
        )


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
