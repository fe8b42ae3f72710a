from hypothesis import given
from hypothesis import strategies as st

from kubelore.clock import now
from kubelore.documents.chunk import Chunk, ParsedDocument
from kubelore.documents.ids import chunk_key
from kubelore.vectorstore.rows import check_row
from kubelore_ingest.flow import Candidate, ChunkedDocument, Content, FetchedDocument
from kubelore_ingest.rows import build_row, cut
from support.jobs import job_spec

CONTENT = Content(b"x", "guide.md")


def chunked(parsed: ParsedDocument, *chunks: Chunk) -> ChunkedDocument:
    document = FetchedDocument("d1", Candidate("docs/guide.md", lambda: CONTENT), CONTENT, "v1", None)
    return ChunkedDocument(document, parsed, chunks, "text/markdown")


def test_a_row_says_where_its_text_stands() -> None:
    chunk = Chunk(index=2, text="Pull", char_start=10, char_end=14, heading_path=("Install", "Docker"), page=3)
    parsed = ParsedDocument(text="...", title="Guide", metadata={"lang": "en", "draft": "no"})
    spec = job_spec(tenant="acme", metadata={"lang": "de"}, access_groups=("staff",))

    row = build_row(spec, chunked(parsed, chunk), chunk, now(), [1.0])

    assert row.id == chunk_key("acme", "d1", "v1", 2)
    assert (row.source, row.title, row.heading_path, row.page) == ("docs/guide.md", "Guide", "Install > Docker", 3)
    assert (row.char_start, row.char_end, row.chunk_text) == (10, 14, "Pull")
    assert row.metadata == {"lang": "de", "draft": "no"}
    assert row.access_groups == ("staff",)


def test_long_titles_and_headings_are_cut_to_what_is_kept() -> None:
    chunk = Chunk(index=0, text="x", char_start=0, char_end=1, heading_path=("标题" * 500,) * 9)
    parsed = ParsedDocument(text="x", title="标" * 5000)

    check_row(build_row(job_spec(), chunked(parsed, chunk), chunk, now()))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 20))
def test_a_cut_text_is_a_beginning_that_fits(text: str, most: int) -> None:
    beginning = cut(text, most)

    assert text.startswith(beginning)
    assert len(beginning.encode()) <= most
