import pytest

from kubelore_api.rag.cite import keep_known_citations, number_sources
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
        ("An index such as list[2024] stays.", "An index such as list[2024] stays.", 0),
    ],
)
def test_citations_of_sources_that_were_not_given_are_taken_out_and_counted(text: str, kept: str, unknown: int) -> None:
    assert keep_known_citations(text, 2) == (kept, unknown)
