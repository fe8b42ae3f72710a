import time
from dataclasses import dataclass
from itertools import pairwise

import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.schema import LONGEST_TEXT_BYTES
from kubelore_ingest.chunkers.limits import CHARACTERS, MOST_BYTES, TOKENS
from kubelore_ingest.chunkers.registry import STRATEGIES, make_chunker
from support.documents import tokenizer

PARAGRAPHS = "\n\n".join(f"Paragraph {number} says one thing. It says another thing too." for number in range(200))


@dataclass(frozen=True)
class ByteCounter:
    """Counts bytes, as a model without a vocabulary of words does."""

    max_tokens: int
    tokens_a_byte: int = 1

    def count(self, text: str) -> int:
        """Return the bytes of a text, times their tokens."""
        return len(text.encode()) * self.tokens_a_byte


def texts(strategy: str, size: int, overlap: int, text: str, unit: str = TOKENS) -> list[str]:
    """Return the chunks' texts."""
    chunker = make_chunker(strategy, size, overlap, unit, tokenizer())
    return [chunk.text for chunk in chunker.chunk(ParsedDocument(text=text))]


@pytest.mark.parametrize(
    ("strategy", "size", "overlap", "unit", "field"),
    [
        ("semantic", 512, 64, TOKENS, "strategy"),
        ("recursive", 0, 0, TOKENS, "size"),
        ("recursive", 10, 10, TOKENS, "overlap"),
        ("recursive", 10, -1, TOKENS, "overlap"),
        ("recursive", 512, 64, "words", "unit"),
    ],
)
def test_settings_that_make_no_chunks_are_refused_by_the_fields_name(
    strategy: str, size: int, overlap: int, unit: str, field: str
) -> None:
    with pytest.raises(KubeloreError) as caught:
        make_chunker(strategy, size, overlap, unit, tokenizer())

    assert caught.value.code is ErrorCode.RESOURCE_INVALID
    assert f"spec.chunking.{field}" in caught.value.message


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("unit", [TOKENS, CHARACTERS])
def test_no_chunk_is_longer_than_the_model_reads_whatever_was_asked_for(strategy: str, unit: str) -> None:
    counter = ByteCounter(max_tokens=100)
    chunker = make_chunker(strategy, 5000, 1000, unit, counter)

    chunks = list(chunker.chunk(ParsedDocument(text=PARAGRAPHS + "存储系统" * 500)))

    assert max(counter.count(chunk.text) for chunk in chunks) in range(80, 101)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_text_of_more_tokens_than_bytes_is_cut_like_any_other(strategy: str) -> None:
    counter = ByteCounter(max_tokens=20, tokens_a_byte=3)

    chunks = list(make_chunker(strategy, 20, 0, TOKENS, counter).chunk(ParsedDocument(text="abcdefghijkl mno")))

    assert "".join(chunk.text for chunk in chunks) == "abcdefghijklmno"
    assert max(counter.count(chunk.text) for chunk in chunks) <= 20


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_run_that_the_tokenizer_calls_one_token_is_cut_all_the_same(strategy: str) -> None:
    blob = "QUJD" * 50_000
    assert tokenizer().count(blob) == 1

    chunks = texts(strategy, 512, 64, blob)

    assert max(map(len, chunks)) <= 510 * 16


def test_the_bytes_of_a_chunk_fit_into_the_vector_store() -> None:
    assert MOST_BYTES == LONGEST_TEXT_BYTES
    chunks = make_chunker("recursive", 32768, 0, CHARACTERS, ByteCounter(1_000_000)).chunk(
        ParsedDocument(text="存储" * 50_000)
    )

    assert max(len(chunk.text.encode()) for chunk in chunks) <= MOST_BYTES


def test_a_character_that_is_longer_than_the_model_reads_is_an_error_and_not_cut_in_silence() -> None:
    with pytest.raises(KubeloreError) as caught:
        list(make_chunker("recursive", 16, 0, TOKENS, ByteCounter(3)).chunk(ParsedDocument(title="T", text="ab😀")))

    assert caught.value.code is ErrorCode.CHUNK_TOO_LONG
    assert "T, character 2" in caught.value.message


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("text", ["", " \n\n\t \u3000"])
def test_a_text_of_white_space_has_no_chunks(strategy: str, text: str) -> None:
    assert texts(strategy, 512, 64, text) == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_short_text_is_one_chunk(strategy: str) -> None:
    assert texts(strategy, 512, 64, "  One thing. Another.\n") == ["One thing. Another."]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("text", [PARAGRAPHS * 3, "如何安装分布式存储。" * 4000])
def test_neighbours_overlap_as_asked_however_long_the_text(strategy: str, text: str) -> None:
    chunks = list(make_chunker(strategy, 60, 30, TOKENS, tokenizer()).chunk(ParsedDocument(text=text)))

    shared = [tokenizer().count(text[other.char_start : one.char_end]) for one, other in pairwise(chunks)]
    assert min(shared) >= 10
    assert max(shared) <= 30


@pytest.mark.parametrize("strategy", ["recursive", "markdown"])
@pytest.mark.parametrize("text", ["如何安装分布式存储" * 30_000, "x" * 300_000, "a\n" * 100_000, " " * 300_000 + "a"])
def test_time_grows_with_the_length_of_a_text_alone(strategy: str, text: str) -> None:
    def seconds(part: str) -> float:
        start = time.process_time()
        assert texts(strategy, 1000, 100, part, CHARACTERS)
        return time.process_time() - start

    seconds(text[-1000:])
    assert seconds(text) < 4 * max(seconds(text[len(text) // 2 :]), 0.05)
