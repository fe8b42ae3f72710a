import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubelore_api.rag.cite import CitationFilter, cited_numbers, keep_known_citations, number_sources
from support.hits import hit


def test_sources_are_numbered_from_one_in_their_order() -> None:
    sources = number_sources([hit("first"), hit("second")])
    assert [(source.number, source.document) for source in sources] == [(1, "first.md"), (2, "second.md")]


def test_a_source_says_where_in_the_document_it_is() -> None:
    [source] = number_sources([hit("page", text="four", heading_path="Guide > Setup")])
    assert (source.document_id, source.heading_path, source.page) == ("document-of-page", "Guide > Setup", 3)
    assert (source.char_start, source.char_end, source.text) == (10, 14, "four")


@pytest.mark.parametrize(
    ("text", "kept", "unknown"),
    [
        ("Open at nine [1], closed at five [2].", "Open at nine [1], closed at five [2].", 0),
        ("Open at nine [3].", "Open at nine.", 1),
        ("Both [1][7][99] say so [0].", "Both [1] say so.", 3),
        ("Both say so [1, 9, 2].", "Both say so [1, 2].", 1),
        ("Nobody says so [8, 9].", "Nobody says so.", 2),
        ("九点开门[1，7]。", "九点开门[1]。", 1),
        ("An index such as list[2024] stays.", "An index such as list[2024] stays.", 0),
    ],
)
def test_citations_of_sources_that_were_not_given_are_taken_out_and_counted(text: str, kept: str, unknown: int) -> None:
    assert keep_known_citations(text, 2) == (kept, unknown)


TEXT = "Open at nine [1], not at ten[3]. Both say [1, 9] so [0], [see] x[2024] and [2"


@given(st.lists(st.integers(0, len(TEXT)), max_size=20))
def test_citations_are_checked_however_a_stream_cuts_them(places: list[int]) -> None:
    edges = sorted({0, len(TEXT), *places})
    citations = CitationFilter(2)
    told = "".join(citations.feed(TEXT[start:end]) for start, end in itertools.pairwise(edges)) + citations.rest()
    # The space before a citation may have been told before the citation came.
    assert told.replace(" ", "") == keep_known_citations(TEXT, 2)[0].replace(" ", "")
    assert citations.unknown == 3


def test_nothing_but_an_open_bracket_is_held_back() -> None:
    citations = CitationFilter(2)
    assert [citations.feed(piece) for piece in ("At nine", " [", "1", "]", " and")] == [
        "At nine",
        "",
        "",
        " [1]",
        " and",
    ]


def test_the_numbers_of_a_text_stand_with_their_places() -> None:
    assert cited_numbers("Nine [1]. Ten [2, 1].") == [(1, 8), (2, 20), (1, 20)]
