import pytest
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Inches

from kubelore.errors import ErrorCode
from support.documents import make_pptx, parse, parse_code, rewrite_zip

TITLE_AND_CONTENT, BLANK = 1, 6
ANYWHERE = (Inches(1), Inches(1), Inches(4), Inches(1))


def add_slide(presentation: Presentation, title: str, *items: str) -> Slide:
    slide = presentation.slides.add_slide(presentation.slide_layouts[TITLE_AND_CONTENT])
    slide.shapes.title.text = title
    slide.placeholders[1].text = "\n".join(items)
    return slide


def add_text(slide: Slide, text: str) -> None:
    slide.shapes.add_textbox(*ANYWHERE).text_frame.text = text


def test_slides_are_pages_with_their_titles_as_headings_and_their_notes_at_the_end() -> None:
    def write(presentation: Presentation) -> None:
        first = add_slide(presentation, "安装", "one", "two")
        first.placeholders[1].text_frame.paragraphs[1].level = 1
        first.notes_slide.notes_text_frame.text = "Say hello."
        add_text(add_slide(presentation, "Next\vsteps", "three"), "A box")

    document = parse(make_pptx(write), "a.pptx")

    assert document.text == "安装\n\n- one\n  - two\n\nSay hello.\n\nNext steps\n\n- three\n\nA box"
    assert [(heading.level, heading.text) for heading in document.headings] == [(1, "安装"), (1, "Next steps")]
    assert [(page.number, document.text[page.start :][:2]) for page in document.pages] == [(1, "安装"), (2, "Ne")]


def test_a_table_is_a_line_a_row() -> None:
    def write(presentation: Presentation) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[BLANK])
        table = slide.shapes.add_table(2, 2, *ANYWHERE).table
        for cell, text in zip(table.iter_cells(), ["Disk", "State", "sda", "o\nk"], strict=True):
            cell.text = text

    assert parse(make_pptx(write), "a.pptx").text == "Disk | State\nsda | o k"


def test_grouped_shapes_are_read_however_deep() -> None:
    def write(presentation: Presentation) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[BLANK])
        group = slide.shapes.add_group_shape()
        for _ in range(50):
            group = group.shapes.add_group_shape()
        group.shapes.add_textbox(*ANYWHERE).text_frame.text = "inner"

    assert parse(make_pptx(write), "a.pptx").text == "inner"


def test_a_hidden_slide_is_not_read_and_the_numbers_stay() -> None:
    def write(presentation: Presentation) -> None:
        add_slide(presentation, "secret").element.set("show", "0")
        add_slide(presentation, "shown")

    document = parse(make_pptx(write), "a.pptx")

    assert document.text == "shown"
    assert [page.number for page in document.pages] == [2]


def test_title_and_properties_come_from_the_file() -> None:
    def write(presentation: Presentation) -> None:
        presentation.core_properties.title, presentation.core_properties.author = "The title", "Ann"
        add_slide(presentation, "words")

    document = parse(make_pptx(write), "a.pptx")

    assert (document.title, document.metadata) == ("The title", {"author": "Ann"})


def test_a_presentation_of_pictures_has_no_text() -> None:
    empty = make_pptx(lambda presentation: presentation.slides.add_slide(presentation.slide_layouts[BLANK]))

    assert parse_code(empty, "a.pptx") is ErrorCode.DOCUMENT_HAS_NO_TEXT


@pytest.mark.parametrize("part", ["ppt/presentation.xml", "ppt/slides/slide1.xml", "[Content_Types].xml"])
def test_a_spoilt_part_makes_a_presentation_broken(part: str) -> None:
    whole = make_pptx(lambda presentation: add_slide(presentation, "words"))
    spoilt = rewrite_zip(whole, lambda name, content: b"<p:x>" if name == part else content)

    assert parse_code(spoilt, "a.pptx") is ErrorCode.DOCUMENT_BROKEN
