import pytest

from kubelore.documents.chunk import Heading, Page, ParsedDocument
from kubelore.vectorstore.schema import VARCHAR_BYTES
from kubelore_ingest.chunkers.locate import Locator

DOCUMENT = ParsedDocument(
    text="x" * 100,
    headings=(
        Heading(start=10, level=2, text="A"),
        Heading(start=20, level=4, text="B"),
        Heading(start=30, level=3, text="C"),
        Heading(start=40, level=1, text="D"),
        Heading(start=40, level=2, text="E"),
        Heading(start=60, level=2, text="F"),
    ),
    pages=(Page(start=5, number=1), Page(start=50, number=4)),
)


@pytest.mark.parametrize(
    ("position", "path"),
    [(9, ()), (10, ("A",)), (25, ("A", "B")), (30, ("A", "C")), (39, ("A", "C")), (40, ("D", "E")), (99, ("D", "F"))],
)
def test_a_place_stands_under_the_headings_before_it_by_their_levels(position: int, path: tuple[str, ...]) -> None:
    assert Locator(DOCUMENT).heading_path(position) == path


@pytest.mark.parametrize(("position", "page"), [(0, None), (5, 1), (49, 1), (50, 4), (100, 4)])
def test_a_place_is_on_the_page_that_began_last(position: int, page: int | None) -> None:
    assert Locator(DOCUMENT).page(position) == page


def test_nine_long_headings_fit_into_the_vector_store() -> None:
    headings = tuple(Heading(start=level, level=level, text="😀" * 500) for level in range(1, 10))

    path = Locator(ParsedDocument(text="x" * 10, headings=headings)).heading_path(10)

    assert len(path) == 9
    assert len(" > ".join(path).encode()) <= VARCHAR_BYTES["heading_path"]
