"""Reads PowerPoint presentations."""

from collections.abc import Iterable, Iterator
from io import BytesIO

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.presentation import Presentation
from pptx.shapes.autoshape import Shape
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide
from pptx.table import Table
from pptx.text.text import TextFrame

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.parsers.block_writer import BlockWriter
from kubelore_ingest.parsers.metadata import flat_metadata
from kubelore_ingest.parsers.office import opening_office_file

_LISTS = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})
_HIDDEN = "0"
_INDENT = "  "


def parse(data: bytes, name: str) -> ParsedDocument:
    """Read a presentation: a page for each slide that is shown, its title a heading, its notes after it."""
    with opening_office_file(data, name, PythonPptxError):
        document = _read(pptx.Presentation(BytesIO(data)))
    if not document.text:
        raise KubeloreError(ErrorCode.DOCUMENT_HAS_NO_TEXT, name)
    return document


def _read(presentation: Presentation) -> ParsedDocument:
    properties = presentation.core_properties
    metadata = flat_metadata(
        {
            "author": properties.author,
            "subject": properties.subject,
            "keywords": properties.keywords,
            "category": properties.category,
        }
    )
    writer = BlockWriter()
    for number, slide in enumerate(presentation.slides, start=1):
        if slide.element.get("show") != _HIDDEN:
            writer.start_page(number)
            _write_slide(writer, slide)
    return writer.build(properties.title, metadata)


def _write_slide(writer: BlockWriter, slide: Slide) -> None:
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        writer.write(" ".join(title.text_frame.text.split()))
        writer.end_heading(1)
    for shape in _leaves(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _write_shape(writer, shape)
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None:
        _write_paragraphs(writer, notes)


def _leaves(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _leaves(shape.shapes)
        else:
            yield shape


def _write_shape(writer: BlockWriter, shape: BaseShape) -> None:
    if isinstance(shape, Shape):
        if shape.is_placeholder and shape.placeholder_format.type in _LISTS:
            _write_items(writer, shape.text_frame)
        else:
            _write_paragraphs(writer, shape.text_frame)
    elif isinstance(shape, GraphicFrame) and shape.has_table:
        _write_table(writer, shape.table)


def _write_items(writer: BlockWriter, frame: TextFrame) -> None:
    for paragraph in frame.paragraphs:
        writer.start_item(_INDENT * paragraph.level + "- ")
        writer.write(paragraph.text)
        writer.end_item()


def _write_paragraphs(writer: BlockWriter, frame: TextFrame) -> None:
    for paragraph in frame.paragraphs:
        writer.write(paragraph.text)
        writer.end_block()


def _write_table(writer: BlockWriter, table: Table) -> None:
    writer.start_table()
    for row in table.rows:
        for cell in row.cells:
            writer.start_cell()
            writer.write(cell.text_frame.text)
            writer.end_cell()
        writer.end_row()
