"""What holds for every strategy, on any text."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubelore.documents.chunk import Chunk, Heading, Page, ParsedDocument
from kubelore_ingest.chunkers.limits import CHARACTERS, TOKENS
from kubelore_ingest.chunkers.registry import STRATEGIES, make_chunker
from support.documents import corpus_pages, parse, tokenizer

ENGLISH = st.sampled_from(["storage", "node", "the", "healing", "a", "erasure-coded", "x" * 40, "disk's", "3.14"])
CHINESE = st.text(alphabet="如何安装分布式对象存储系统并检查磁盘状态", min_size=1, max_size=30)
ENDS = st.sampled_from([" ", ", ", ". ", "。", "，", "！", "？", "\n", "\n\n", "\n\n\n", "", "\n# ", "\n```\n", " | "])
ODD = st.text(alphabet="😀👩‍👩‍👧é\u0301\u3000\u200b\ufdfa\t <>#`*", max_size=8)
TEXTS = st.lists(st.tuples(st.one_of(ENGLISH, CHINESE, ODD), ENDS), max_size=120).map(
    lambda parts: "".join(word + end for word, end in parts)
)


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    """Draw a text with headings and pages somewhere in it."""
    text = draw(TEXTS)
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    headings = tuple(Heading(start=place, level=draw(st.integers(1, 6)), text=f"h{place}") for place in places)
    pages = tuple(Page(start=place, number=number) for number, place in enumerate(places, start=1))
    return ParsedDocument(text=text, headings=headings, pages=pages)


def lost(text: str, chunks: list[Chunk]) -> str:
    """Return what is no white space and in no chunk."""
    edges = [0, *(edge for chunk in chunks for edge in (chunk.char_start, chunk.char_end)), len(text)]
    return "".join(text[end:start] for end, start in zip(edges[::2], edges[1::2], strict=True)).strip()


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=60, deadline=None)
@given(
    document=documents(), size=st.integers(16, 80), share=st.floats(0, 0.5), unit=st.sampled_from([TOKENS, CHARACTERS])
)
def test_chunks_hold_everything_in_order_within_their_size(
    strategy: str, document: ParsedDocument, size: int, share: float, unit: str
) -> None:
    counter = tokenizer()
    measure = len if unit == CHARACTERS else counter.count

    chunks = list(make_chunker(strategy, size, int(size * share), unit, counter).chunk(document))

    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.text == document.text[chunk.char_start : chunk.char_end] for chunk in chunks)
    assert all(chunk.text and chunk.text == chunk.text.strip() for chunk in chunks)
    assert all(measure(chunk.text) <= size for chunk in chunks)
    assert all(one.char_start < other.char_start and one.char_end < other.char_end for one, other in pairwise(chunks))
    assert lost(document.text, chunks) == ""
    for chunk in chunks:
        above = [heading for heading in document.headings if heading.start <= chunk.char_start]
        assert chunk.heading_path[-1:] == tuple(heading.text for heading in above[-1:])
        assert chunk.page == max(
            (page.number for page in document.pages if page.start <= chunk.char_start), default=None
        )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("unit", [TOKENS, CHARACTERS])
@settings(max_examples=30, deadline=None)
@given(document=documents(), size=st.integers(16, 60))
def test_neighbours_share_no_more_than_the_overlap(
    strategy: str, unit: str, document: ParsedDocument, size: int
) -> None:
    counter = tokenizer()
    measure = len if unit == CHARACTERS else counter.count
    overlap = size // 3

    chunks = list(make_chunker(strategy, size, overlap, unit, counter).chunk(document))

    for one, other in pairwise(chunks):
        assert measure(document.text[other.char_start : one.char_end].strip()) <= overlap
    alone = list(make_chunker(strategy, size, 0, unit, counter).chunk(document))
    assert all(one.char_end <= other.char_start for one, other in pairwise(alone))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_page_of_the_documentation_is_cut(strategy: str) -> None:
    counter = tokenizer()
    chunker = make_chunker(strategy, 256, 32, TOKENS, counter)

    for path in corpus_pages():
        document = parse(path.read_bytes(), path.name)
        chunks = list(chunker.chunk(document))
        assert chunks
        assert all(chunk.text == document.text[chunk.char_start : chunk.char_end] for chunk in chunks)
        assert max(counter.count(chunk.text) for chunk in chunks) <= 256
        edges = {edge for chunk in chunks for edge in (chunk.char_start, chunk.char_end) if edge}
        assert not any(re.fullmatch("[A-Za-z]{2}", document.text[edge - 1 : edge + 1]) for edge in edges)
        assert lost(document.text, chunks) == ""
