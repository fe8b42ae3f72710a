"""Reads EPUB books."""

from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

from lxml import etree

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.archive import ARCHIVE_DAMAGE, check_archive
from kubelore_ingest.parsers.block_writer import BlockWriter
from kubelore_ingest.parsers.epub_package import Package, contents_of, encrypted_files, open_package
from kubelore_ingest.parsers.html import has_headings, main_content, read_tree
from kubelore_ingest.parsers.html_tree import TreeReader
from kubelore_ingest.parsers.metadata import flat_metadata

_DAMAGE = (*ARCHIVE_DAMAGE, KeyError, ValueError, etree.LxmlError)
"""What is raised for a file that isn't in the archive, or is no XML."""


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a book's chapters in their order; the table of contents names those without a heading of their own."""
    try:
        check_archive(data, name)
        with ZipFile(BytesIO(data)) as archive:
            document = _read(archive, name)
    except _DAMAGE as error:
        raise KubeloreError(ErrorCode.DOCUMENT_BROKEN, name, "no book can be read from it") from error
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_HAS_NO_TEXT, name)
    return document


def _read(archive: ZipFile, name: str) -> ParsedDocument:
    package = open_package(archive)
    if encrypted_files(archive).intersection(package.chapters):
        raise KubeloreError(ErrorCode.DOCUMENT_ENCRYPTED, name)
    contents, writer = contents_of(archive, package), BlockWriter()
    for chapter, content in _chapters(archive, package, name):
        _write_chapter(writer, content, contents.get(chapter, ""))
    return writer.build(package.title, flat_metadata(package.properties))


def _chapters(archive: ZipFile, package: Package, name: str) -> Iterator[tuple[str, etree._Element]]:
    for chapter in package.chapters:
        data = archive.read(chapter)
        if data.strip():
            yield chapter, main_content(read_tree(data, name))


def _write_chapter(writer: BlockWriter, content: etree._Element, title: str) -> None:
    if title and not has_headings(content):
        writer.write(title)
        writer.end_heading(1)
    TreeReader(writer).read(content)
