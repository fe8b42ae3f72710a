from collections.abc import Sequence

from kubelore_ingest.parsers.reading_order import in_reading_order
from kubelore_ingest.parsers.text_line import TextLine

HEIGHT = 20


def line(text: str, left: float, top: float, width: float = 300) -> TextLine:
    return TextLine(text, left, top, left + width, top + HEIGHT)


def column(words: str, left: float, top: float) -> Sequence[TextLine]:
    return [line(word, left, top + 24 * row) for row, word in enumerate(words.split())]


def test_lines_follow_each_other_from_top_to_bottom_whatever_order_they_come_in() -> None:
    assert (
        in_reading_order([line("second", 0, 24), line("third", 0, 48), line("first", 0, 0)]) == "first\nsecond\nthird"
    )


def test_what_stands_in_one_row_is_put_together_though_it_is_a_little_tilted() -> None:
    row = [line("Total", 0, 3, 60), line("4.50", 200, 0, 60), line("EUR", 300, 6, 60)]

    assert in_reading_order([*row, line("next", 0, 30)]) == "Total 4.50 EUR\nnext"


def test_a_gap_between_rows_parts_paragraphs() -> None:
    assert in_reading_order([line("a", 0, 0), line("b", 0, 24), line("c", 0, 90)]) == "a\nb\n\nc"


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    lines = [*column("l1 l2 l3 l4", 0, 0), *column("r1 r2 r3 r4", 340, 5)]

    assert in_reading_order(lines) == "l1\nl2\nl3\nl4\n\nr1\nr2\nr3\nr4"


def test_a_line_across_both_columns_ends_what_is_above_it() -> None:
    above = [*column("l1 l2 l3", 0, 100), *column("r1 r2 r3", 340, 100)]
    below = [*column("l4 l5 l6", 0, 300), *column("r4 r5 r6", 340, 300)]
    across = [line("title", 50, 0, 500), line("caption", 100, 250, 400)]

    text = in_reading_order([*above, *below, *across])

    assert " ".join(text.split()) == "title l1 l2 l3 r1 r2 r3 caption l4 l5 l6 r4 r5 r6"


def test_three_columns_are_two_and_one_of_them_again() -> None:
    lines = [*column("a1 a2 a3", 0, 0), *column("b1 b2 b3", 340, 0), *column("c1 c2 c3", 680, 0)]

    assert " ".join(in_reading_order(lines).split()) == "a1 a2 a3 b1 b2 b3 c1 c2 c3"


def test_a_table_is_read_row_by_row() -> None:
    cells = [line(f"{name}{row}", left, 24 * row, 60) for row in range(4) for name, left in (("a", 0), ("b", 200))]

    assert in_reading_order(cells) == "a0 b0\na1 b1\na2 b2\na3 b3"


def test_a_page_without_lines_has_no_text() -> None:
    assert in_reading_order([]) == ""
